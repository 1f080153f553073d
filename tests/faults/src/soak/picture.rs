//! The curves of a soak.

use std::path::Path;

use anyhow::Result;
use plotters::prelude::*;

use super::Sample;

const SIZE: (u32, u32) = (1000, 960);

/// The file stays small with this many points of a curve.
const POINTS: usize = 300;

type Row = (&'static str, fn(&Sample) -> u64, f64);

/// A diagram each: its caption, the number and the unit.
const ROWS: [Row; 5] = [
    ("resident memory (MiB)", |it| it.memory_kib, 1024.0),
    ("threads", |it| it.threads, 1.0),
    ("file descriptors", |it| it.descriptors, 1.0),
    ("spans pending", |it| it.pending, 1.0),
    ("spans failed or dropped", |it| it.failed + it.dropped, 1.0),
];

const COLOURS: [RGBColor; 2] = [RGBColor(31, 119, 180), RGBColor(214, 99, 14)];

/// Draws the samples of each protocol. Faults of the receiver are grey.
pub(super) fn draw(curves: &[(&str, Vec<Sample>)], path: &Path) -> Result<()> {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let samples = || curves.iter().flat_map(|(_, samples)| samples);
    let end = samples().map(|it| it.second).max().unwrap_or(1);
    for ((caption, number, unit), area) in ROWS.iter().zip(root.split_evenly((ROWS.len(), 1))) {
        let value = |it: &Sample| as_float(number(it)) / unit;
        let top = samples().map(value).fold(1.0, f64::max) * 1.2;
        let mut chart = ChartBuilder::on(&area)
            .caption(caption, ("sans-serif", 15))
            .margin(6)
            .margin_right(20)
            .x_label_area_size(20)
            .y_label_area_size(60)
            .build_cartesian_2d(0.0..f64::from(end) / 60.0, 0.0..top)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .y_labels(5)
            .y_label_formatter(&|number| format!("{number:.0}"))
            .x_label_formatter(&|minute| format!("{minute:.1} min"))
            .draw()?;
        let faults = curves.first().map(|(_, samples)| faults(samples));
        let faults = faults.unwrap_or_default().into_iter();
        chart.draw_series(faults.map(|(from, to)| {
            let area = [(minutes(from), 0.0), (minutes(to), top)];
            Rectangle::new(area, BLACK.mix(0.08).filled())
        }))?;
        for ((name, samples), colour) in curves.iter().zip(COLOURS) {
            let step = samples.len().div_ceil(POINTS).max(1);
            let points = samples.chunks(step).filter_map(|chunk| {
                let highest = chunk.iter().map(value).fold(0.0, f64::max);
                Some((minutes(chunk.first()?.second), highest))
            });
            chart
                .draw_series(LineSeries::new(points, colour.stroke_width(1)))?
                .label(*name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 14, y)], colour));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerLeft)
            .legend_area_size(20)
            .margin(4)
            .background_style(WHITE.mix(0.8))
            .draw()?;
    }
    root.present()?;
    Ok(())
}

fn minutes(second: u32) -> f64 {
    f64::from(second) / 60.0
}

fn as_float(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// The first and the last second of each fault.
fn faults(samples: &[Sample]) -> Vec<(u32, u32)> {
    let mut faults = Vec::new();
    for same in samples.chunk_by(|one, other| one.fault == other.fault) {
        if let (Some(first), Some(last)) = (same.first(), same.last())
            && first.fault.is_some()
        {
            faults.push((first.second, last.second + 1));
        }
    }
    faults
}
