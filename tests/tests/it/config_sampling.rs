//! The section `sampling`: valid and invalid values, and its serialization.

use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::{RuleKind, RuleLevel, SamplingRule};

fn with(sampling: &str) -> Result<TelemetryConfig, String> {
    let resource = "resource_attributes: {service_name: orders}";
    TelemetryConfig::from_yaml(&format!("{resource}\nsampling: {sampling}\n"))
        .map_err(|error| error.to_string())
}

#[test]
fn rules_are_read_and_written() {
    let config = with(
        "{rules: [{span: health.*, ratio: 0.0}, {span: floe.pipeline.run, ratio: 1}, {target: 'a::b', level: debug, kind: client, off: true}, {rate: 100}]}",
    )
    .unwrap();
    let [health, run, off, rate] = &*config.sampling.rules else { panic!("{config:?}") };
    assert_eq!(
        [health, run],
        [&SamplingRule::new("health.*", 0.0), &SamplingRule::new("floe.pipeline.run", 1.0)]
    );
    assert_eq!((&off.target, off.off), (&Some("a::b".to_owned()), true));
    assert_eq!((off.level, off.kind), (Some(RuleLevel::Debug), Some(RuleKind::Client)));
    assert_eq!(rate.rate, Some(100.0));
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(TelemetryConfig::from_yaml(&json).unwrap(), config, "{json}");
    assert_eq!(serde_json::from_str::<TelemetryConfig>(&json).unwrap(), config);
}

#[test]
fn tail_sampling_is_read_and_written() {
    let config = with("{keep_errors: true, keep_slower_than_millis: 1500}").unwrap();
    let sampling = &config.sampling;
    assert!(sampling.keep_errors);
    assert_eq!(sampling.keep_slower_than_millis, Some(1500));
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(TelemetryConfig::from_yaml(&json).unwrap(), config, "{json}");
    assert_eq!(serde_json::from_str::<TelemetryConfig>(&json).unwrap(), config);
}
