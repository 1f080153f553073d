//! Plants anomalies into records of nightly runs, and checks the findings. The results are printed by
//! `cargo test -p floe --lib unusual -- --nocapture`.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "drawn numbers are rounded"
)]

use std::f64::consts::TAU;

use floe_plugin::dbt::BuiltNode;
use jiff::Span;
use jiff::civil::Date;

use super::*;
use crate::pipeline::dbt;
use crate::record::Outcome;

/// The seconds before dbt builds its first node.
const DBT_STARTS: f64 = 3.0;

/// The model of dbt whose query differs in every run, for example because it contains the date.
const VARYING: usize = 19;

const TRIALS: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Plant {
    Nothing,
    /// A source has eight times as many rows.
    Rows,
    /// A model joins its input with itself.
    SelfJoin,
    /// A model has a new column, and takes 2 % longer.
    NewColumn,
    Empty,
    /// The processor or the disk is slower for all assets.
    SlowMachine,
    /// Another run has the lock of the warehouse.
    Lock,
    /// The engine waits in one of the models.
    Stall,
}

const PLANTS: [Plant; 8] = [
    Plant::Rows,
    Plant::SelfJoin,
    Plant::NewColumn,
    Plant::Empty,
    Plant::SlowMachine,
    Plant::Lock,
    Plant::Stall,
    Plant::Nothing,
];

/// A generator of pseudorandom numbers that are the same in every run of the tests (`SplitMix64`).
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.uniform()
    }

    fn below(&mut self, count: usize) -> usize {
        (self.uniform() * count as f64) as usize
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().max(1e-300).ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }
}

/// Noise in which half of each value carries over to the next one.
#[derive(Clone, Default)]
struct Noise {
    scatter: f64,
    value: f64,
}

impl Noise {
    fn factor(&mut self, random: &mut Random) -> f64 {
        self.value = 0.5 * self.value + 0.75_f64.sqrt() * random.normal();
        (self.scatter * self.value).exp()
    }
}

struct Node {
    name: String,
    inputs: Vec<usize>,
    seconds: f64,
    rows: f64,
    is_total: bool,
    is_view: bool,
    noise: Noise,
}

/// A product of 5 sources and 15 models. Times scatter by 10 to 30 % for each asset, and by 10 % for the machine.
struct Pipeline {
    /// Whether dbt builds the models. The sources are then not nodes, views have no rows and take almost no time, and
    /// nodes are built in parallel.
    is_of_dbt: bool,
    random: Random,
    /// The factor of the sources' rows on each seventh night.
    monday: f64,
    /// The source with more rows each night.
    growing: Option<usize>,
    nodes: Vec<Node>,
    machine: Noise,
    runs: u64,
}

impl Pipeline {
    fn new(seed: u64, is_of_dbt: bool) -> Self {
        let mut random = Random(seed << 32);
        let mut nodes: Vec<Node> = Vec::new();
        for index in 0..20 {
            let inputs: BTreeSet<usize> = if index < 5 {
                BTreeSet::new()
            } else {
                (0..=random.below(3)).map(|_| random.below(index)).collect()
            };
            let is_total = index >= 5 && random.uniform() < 0.4;
            let rows = inputs.iter().map(|input| nodes[*input].rows).sum::<f64>();
            let rows = match (index < 5, is_total) {
                (true, _) => random.between(1e4, 1e6),
                (false, true) => 30.0,
                (false, false) => rows,
            };
            nodes.push(Node {
                name: format!("asset_{index}"),
                inputs: inputs.into_iter().collect(),
                seconds: 0.02 * (5.0 * random.uniform()).exp(),
                rows,
                is_total,
                is_view: is_of_dbt && index >= 5 && random.uniform() < 0.25,
                noise: Noise { scatter: random.between(0.1, 0.3), value: random.normal() },
            });
        }
        let machine = Noise { scatter: 0.1, value: random.normal() };
        Self { is_of_dbt, random, monday: 1.0, growing: None, nodes, machine, runs: 0 }
    }

    /// Returns the record of a run with an anomaly in the asset `target`.
    #[expect(
        clippy::too_many_lines,
        reason = "a model of a run, with each anomaly beside the value that it changes"
    )]
    fn run(&mut self, plant: Plant, target: usize) -> Record {
        let Self { is_of_dbt, random, monday, growing, nodes, machine, runs } = self;
        *runs += 1;
        let monday = if runs.is_multiple_of(7) { *monday } else { 1.0 };
        let slow = if plant == Plant::SlowMachine { 2.0 } else { 1.0 };
        let machine = machine.factor(random) * slow;
        let mut rows: Vec<f64> = Vec::new();
        let mut assets: Vec<BuiltNode> = Vec::new();
        for (index, node) in nodes.iter_mut().enumerate() {
            let planted = (index == target).then_some(plant);
            let rows_in: f64 = node.inputs.iter().map(|input| rows[*input]).sum();
            let usual_in: f64 = node.inputs.len() as f64;
            // The factor of the rows of a source, or of the rows that an asset reads.
            let growth = match planted {
                Some(Plant::Rows) => 8.0,
                Some(Plant::Empty) => 0.0,
                _ if node.inputs.is_empty() => {
                    let grown = if *growing == Some(index) { 1.03_f64 } else { 1.0 };
                    let nights = i32::try_from(*runs).unwrap_or_default();
                    monday * grown.powi(nights) * (0.03 * random.normal()).exp()
                }
                _ => rows_in / usual_in,
            };
            let (joined, slower) = match planted {
                Some(Plant::SelfJoin) => (6.0, random.between(6.0, 20.0)),
                Some(Plant::NewColumn) => (1.0, 1.02),
                Some(Plant::Stall) => (1.0, random.between(6.0, 20.0)),
                _ => (1.0, 1.0),
            };
            rows.push(if node.is_total { 1.0 } else { growth * joined });
            let noise = node.noise.factor(random) * machine;
            let is_changed = matches!(planted, Some(Plant::SelfJoin | Plant::NewColumn));
            let seconds = if node.is_view { 0.02 } else { node.seconds };
            assets.push(BuiltNode {
                resource_type: "model".to_owned(),
                name: node.name.clone(),
                seconds: seconds * growth.powf(0.9).max(0.05) * slower * noise,
                rows: (!node.is_view).then_some((node.rows * rows[index]) as u64),
                sql: Some(match is_changed {
                    _ if *is_of_dbt && index == VARYING => format!("{runs}"),
                    true => "new".to_owned(),
                    false => "old".to_owned(),
                }),
                reads: node.inputs.iter().map(|it| format!("asset_{it}")).collect(),
                ..BuiltNode::default()
            });
        }
        let mut assets = steps(assets);
        let mut built: f64 = assets.iter().map(|asset| asset.seconds).sum();
        if *is_of_dbt {
            let mut ends: Vec<f64> = Vec::new();
            for (node, asset) in nodes.iter().zip(&assets) {
                let start = node.inputs.iter().map(|input| ends[*input]).fold(0.0, f64::max);
                ends.push(if node.inputs.is_empty() { 0.0 } else { start + asset.seconds });
            }
            built = DBT_STARTS * machine + ends.into_iter().fold(0.0, f64::max);
            assets.drain(..5);
        }
        let publish = ("publish".to_owned(), 0.2 * (0.2 * random.normal()).exp() * machine);
        let mut stages = if *is_of_dbt { Vec::new() } else { vec![publish] };
        if plant == Plant::Lock {
            stages.push((WAIT.to_owned(), built * random.between(0.5, 2.0)));
        }
        Record {
            number: *runs,
            // Each seventh run is on a Monday.
            started_at: format!(
                "{}",
                Date::constant(2024, 12, 30) + Span::new().days((*runs).cast_signed())
            ),
            seconds: built + stages.iter().map(|(_, seconds)| seconds).sum::<f64>(),
            stages,
            assets,
            ..Record::default()
        }
    }

    fn depends_on(&self, asset: usize, target: usize) -> bool {
        asset == target
            || self.nodes[asset].inputs.iter().any(|input| self.depends_on(*input, target))
    }

    /// Returns the asset that gets the anomaly, or `None` if no asset fits: a stall must matter to the time of the run,
    /// and with dbt, a table must have the rows of the source.
    fn target(&mut self, plant: Plant) -> Option<usize> {
        let starts = if self.is_of_dbt { DBT_STARTS } else { 0.0 };
        let all: f64 = starts + self.nodes.iter().map(|node| node.seconds).sum::<f64>();
        let range = match plant {
            Plant::Rows | Plant::Empty => 0..5,
            _ => 5..20,
        };
        let count = range.len();
        let start = range.start + self.random.below(count);
        let mut order = (start..range.end).chain(range.start..start);
        let has_rows =
            |source: usize, node: &Node| !node.is_view && !node.is_total && node.inputs == [source];
        let matters = |index: &usize| match plant {
            Plant::Stall => {
                !self.nodes[*index].is_view && 8.0 * self.nodes[*index].seconds >= 0.25 * all
            }
            Plant::Rows | Plant::Empty if self.is_of_dbt => {
                self.nodes.iter().any(|node| has_rows(*index, node))
            }
            Plant::SelfJoin | Plant::NewColumn if self.is_of_dbt => *index != VARYING,
            _ => true,
        };
        order.find(matters)
    }
}

fn steps(nodes: Vec<BuiltNode>) -> Vec<Step> {
    let mut steps = Vec::new();
    dbt::add_nodes(nodes, None, &mut steps);
    steps
}

/// Whether the findings of a night are right. In a dbt project, the rows of a source appear in the tables that depend
/// on it.
fn is_right(pipeline: &Pipeline, plant: Plant, target: usize, found: &[Finding]) -> bool {
    let kind = match plant {
        Plant::Nothing => return found.is_empty(),
        Plant::Rows | Plant::Empty => Kind::Rows,
        Plant::SelfJoin | Plant::NewColumn => Kind::Query,
        Plant::SlowMachine => Kind::Machine,
        Plant::Lock => Kind::Wait,
        Plant::Stall => Kind::Unknown,
    };
    let name = match plant {
        Plant::SlowMachine | Plant::Lock => String::new(),
        _ => format!("`asset_{target}`"),
    };
    if pipeline.is_of_dbt && kind == Kind::Rows {
        let below: Vec<String> = (5..20)
            .filter(|asset| pipeline.depends_on(*asset, target))
            .map(|asset| format!("`asset_{asset}`"))
            .collect();
        let is_below = |it: &Finding| below.iter().any(|name| it.text.starts_with(name));
        return found.iter().any(|it| it.kind == kind) && found.iter().all(is_below);
    }
    let is_named = |it: &Finding| it.kind == kind && it.text.contains(&name);
    !found.is_empty() && found.iter().all(is_named)
}

/// Returns the number of trials in which the findings of a night after `runs` other nights are right.
fn right(is_of_dbt: bool, plant: Plant, runs: usize, trials: usize) -> usize {
    let trial = |seed: u64| {
        let mut pipeline = Pipeline::new(seed * 1000 + runs as u64, is_of_dbt);
        let mut past: Vec<_> = (0..runs).map(|_| pipeline.run(Plant::Nothing, 0)).collect();
        past.reverse();
        let target = pipeline.target(plant)?;
        let run = pipeline.run(plant, target);
        let found = explain(&past, &run);
        let is_right = is_right(&pipeline, plant, target, &found);
        if !is_right && std::env::var_os("SHOW").is_some() {
            println!("{plant:?} {target} after {runs}: {found:#?}");
        }
        Some(is_right)
    };
    (1..).filter_map(trial).take(trials).filter(|is_right| *is_right).count()
}

#[test]
fn planted_nights_are_explained_and_quiet_ones_are_silent() {
    assert_explained(false, &PLANTS);
}

/// All anomalies but a lock are planted, because dbt waits for no other run.
#[test]
fn planted_nights_of_dbt_are_explained_and_quiet_ones_are_silent() {
    let plants: Vec<Plant> = PLANTS.into_iter().filter(|it| *it != Plant::Lock).collect();
    assert_explained(true, &plants);
}

fn assert_explained(is_of_dbt: bool, plants: &[Plant]) {
    println!("| planted | 14 runs | 28 runs |\n|---|---|---|");
    for &plant in plants {
        let trials = if plant == Plant::Nothing { 10 * TRIALS } else { TRIALS };
        let [most, all] = [14, WINDOW].map(|runs| right(is_of_dbt, plant, runs, trials));
        println!("| {plant:?} | {most} of {trials} | {all} |");
        let least = if plant == Plant::Nothing { 99 } else { 90 };
        assert!(most * 100 >= least * trials, "{plant:?}: {most} of {trials}");
        assert!(all * 100 >= least * trials, "{plant:?}: {all} of {trials}");
    }
}

/// Runs on Mondays, which have more or fewer rows and other times than the other nights, have no findings.
#[test]
fn mondays_are_silent_once_there_have_been_some() {
    let mut least = TRIALS;
    for (factor, is_of_dbt) in [(2.5, false), (0.3, false), (2.5, true), (0.3, true)] {
        for nights in [20, 27, 34] {
            let silent = |seed: &u64| {
                let mut pipeline = Pipeline { monday: factor, ..Pipeline::new(*seed, is_of_dbt) };
                let mut past: Vec<_> =
                    (0..nights).map(|_| pipeline.run(Plant::Nothing, 0)).collect();
                past.reverse();
                explain(&past, &pipeline.run(Plant::Nothing, 0)).is_empty()
            };
            let silent = (1..=TRIALS as u64).filter(silent).count();
            println!("× {factor} (dbt: {is_of_dbt}) after {nights} nights: {silent} of {TRIALS}");
            least = least.min(silent);
        }
    }
    assert!(least * 100 >= 95 * TRIALS, "{least} of {TRIALS}");
}

/// Runs nights, each of which is compared with the earlier ones. Returns the numbers of the nights with findings.
fn nights(pipeline: &mut Pipeline, count: u64) -> Vec<(u64, String)> {
    let mut past: Vec<Record> = Vec::new();
    let mut found = Vec::new();
    for night in 1..=count {
        let mut run = pipeline.run(Plant::Nothing, 0);
        run.unusual = sentences(&past, &run);
        found.extend(run.unusual.iter().map(|text| (night, text.clone())));
        past.insert(0, run);
    }
    found
}

#[test]
fn growth_of_three_percent_a_night_is_named_once_in_a_week() {
    for is_of_dbt in [false, true] {
        let is_named = |seed: u64| {
            let mut pipeline = Pipeline::new(seed, is_of_dbt);
            pipeline.growing = Some(pipeline.target(Plant::Rows)?);
            let found = nights(&mut pipeline, 28);
            let growth = found.iter().filter(|(_, text)| text.ends_with("over 21 runs"));
            let nights: BTreeSet<u64> = growth.map(|(night, _)| *night).collect();
            Some(nights.len() == 1 && nights.first() <= Some(&24))
        };
        let named = (1..).filter_map(is_named).take(TRIALS).filter(|is_named| *is_named).count();
        println!("growth (dbt: {is_of_dbt}): named in {named} of {TRIALS}");
        assert!(named * 100 >= 90 * TRIALS, "{named} of {TRIALS}");
    }
}

#[test]
fn a_monday_without_its_usual_rows_is_named() {
    for (factor, is_of_dbt) in [(2.5, false), (0.3, false), (2.5, true), (0.3, true)] {
        let is_named = |seed: &u64| {
            let mut pipeline = Pipeline { monday: factor, ..Pipeline::new(*seed, is_of_dbt) };
            let mut past: Vec<_> = (0..27).map(|_| pipeline.run(Plant::Nothing, 0)).collect();
            past.reverse();
            pipeline.monday = 1.0;
            let found = explain(&past, &pipeline.run(Plant::Nothing, 0));
            found.iter().any(|it| it.text.contains(" rows, on a Monday usually "))
        };
        let named = (1..=TRIALS as u64).filter(is_named).count();
        println!("× {factor} (dbt: {is_of_dbt}), without: named in {named} of {TRIALS}");
        assert!(named * 100 >= 90 * TRIALS, "{named} of {TRIALS}");
    }
}

#[test]
fn a_slow_machine_is_said_with_what_is_new_about_it() {
    let of = |host: &str, factor: f64| {
        let asset = |index: usize| Step {
            key: format!("asset_{index}"),
            seconds: factor,
            outcome: Outcome::Built { rows: Some(10) },
            ..Step::default()
        };
        Record {
            seconds: 4.0 * factor,
            machine: host.to_owned(),
            assets: (0..4).map(asset).collect(),
            ..Record::default()
        }
    };
    let past = vec![of("large", 1.0); 14];
    let found = explain(&past, &of("small", 3.0));
    let text = "assets with the usual rows and queries took 3.0 × their usual time (median): +7.99 s; \
                on small, usually large";
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].text, text);
    assert_eq!(explain(&past[..6], &of("small", 3.0)), []);
}

#[test]
fn a_value_of_two_of_the_last_fourteen_runs_is_usual() {
    for (others, is_usual) in [
        (&[10][..], false),
        (&[4, 10], true),
        (&[10, 20], false),
        (&[10, 20, 27], true),
        // The newest runs may already have the new value.
        (&[0, 1], false),
    ] {
        let value = |index| if others.contains(&index) { 8.0 } else { 5.0 };
        let past: Vec<f64> = (0..28).map(value).collect();
        assert_eq!(unusual(&past, 8.0) > RARE, is_usual, "{others:?}");
    }
}
