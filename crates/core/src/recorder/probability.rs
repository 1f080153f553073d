//! Consistent probability sampling
//! ([specification](https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/)).
//!
//! A trace has 56 random bits, and a sampler a threshold: the number of traces that it rejects out of 2^56. It
//! samples a trace whose randomness is not below its threshold, so a sampler with a higher ratio samples all
//! traces of one with a lower ratio. The threshold is the field `th` of the member `ot` in the trace state of
//! each sampled span, from which a backend restores the number of traces. The randomness is the end of the trace
//! id, unless the trace state has it in the field `rv`.
//!
//! A trace state is parsed only if a parent has one, and one comparison decides where every ratio is 1.

use opentelemetry::TraceId;
use opentelemetry::trace::{SpanContext, TraceState};

/// The key of OpenTelemetry's member in the trace state.
const MEMBER: &str = "ot";

/// The longest value of the member, in bytes.
const MAX_MEMBER: usize = 256;

/// The number of values of 56 random bits.
const RANGE: u64 = 1 << 56;

/// The hexadecimal digits of 56 bits.
const DIGITS: usize = 14;

/// How many traces out of 2^56 are rejected.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Threshold(u64);

impl Threshold {
    /// Rejects no trace.
    pub const ALWAYS: Self = Self(0);

    /// Returns the threshold for a ratio from 0.0 to 1.0. A ratio that is positive, but rounds to less than one
    /// trace out of 2^56, rejects all, like 0.0.
    ///
    /// The threshold has four significant digits after the digits that are `f`, as the specification recommends.
    #[must_use]
    pub fn of_ratio(ratio: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "2^56 is a float, and the ratio is in 0..=1"
        )]
        let sampled = (ratio.clamp(0.0, 1.0) * RANGE as f64).round() as u64;
        if sampled == 0 {
            return Self(RANGE);
        }
        let rejected = RANGE - sampled;
        // Each `f` at the start of the threshold halves the ratio four times. Ten digits follow the precise ones.
        let halvings = u64::BITS - 1 - sampled.leading_zeros();
        let leading = 55_u32.saturating_sub(halvings) / 4;
        let unit = 1_u64 << (4 * 10_u32.saturating_sub(leading));
        let rounded = (rejected + unit / 2) / unit * unit;
        Self(rounded.min(RANGE - unit))
    }

    /// Returns whether a trace with this randomness is sampled.
    #[inline]
    #[must_use]
    pub const fn samples(self, randomness: u64) -> bool {
        randomness >= self.0
    }

    /// Parses the value of `th`: up to 14 digits, whose zeros at the end may be missing.
    fn parse(digits: &str) -> Option<Self> {
        let missing = DIGITS.checked_sub(digits.len())?;
        Some(Self(hex(digits)? << (4 * missing)))
    }

    /// Returns the value of `th`.
    fn digits(self) -> String {
        let digits = format!("{:014x}", self.0);
        match digits.trim_end_matches('0') {
            "" => "0".to_owned(),
            digits => digits.to_owned(),
        }
    }
}

/// Returns the randomness of a span below `parent`, in the trace `trace_id`: explicit in the trace state of the
/// parent, or the end of the trace id.
pub fn randomness(trace_id: TraceId, parent: &SpanContext) -> u64 {
    let state = parent.trace_state();
    if parent.is_valid()
        && *state != TraceState::NONE
        && let Some(explicit) = explicit_randomness(state)
    {
        return explicit;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the end of the id")]
    let end = u128::from_be_bytes(trace_id.to_bytes()) as u64;
    end & (RANGE - 1)
}

#[cold]
fn explicit_randomness(state: &TraceState) -> Option<u64> {
    let digits = field(state.get(MEMBER)?, "rv")?;
    if digits.len() != DIGITS {
        return None;
    }
    hex(digits)
}

/// Returns the trace state of a span whose threshold is `threshold`, or unknown.
#[cold]
pub fn with_threshold(state: &TraceState, threshold: Option<Threshold>) -> TraceState {
    let earlier = state.get(MEMBER).unwrap_or_default();
    let mut value = threshold.map_or_else(String::new, |it| format!("th:{}", it.digits()));
    for other in fields(earlier).filter(|other| !other.starts_with("th:")) {
        if value.len() + ";".len() + other.len() > MAX_MEMBER {
            continue;
        }
        if !value.is_empty() {
            value.push(';');
        }
        value.push_str(other);
    }
    let changed = if value.is_empty() { state.delete(MEMBER) } else { state.insert(MEMBER, value) };
    changed.unwrap_or_else(|_| state.clone())
}

/// Returns the trace state of a sampled span that no threshold of this process has sampled. A span that follows the
/// decision of its parent has its threshold, except for one of another process that is above the trace's
/// randomness, with which no sampler would have sampled the trace. A span that `is_independent` has none.
#[cold]
pub(super) fn inherited(parent: &SpanContext, is_independent: bool) -> TraceState {
    let state = parent.trace_state();
    let is_kept = !is_independent
        && match threshold(state) {
            Some(Ok(threshold)) if parent.is_remote() => {
                threshold.samples(randomness(parent.trace_id(), parent))
            }
            Some(Err(_)) => !parent.is_remote(),
            _ => true,
        };
    if is_kept {
        return state.clone();
    }
    with_threshold(state, None)
}

/// Returns the trace state of a span that is not sampled, below a parent with this one: a threshold would contradict the
/// decision.
#[inline]
pub(super) fn without_threshold(state: &TraceState) -> TraceState {
    if *state == TraceState::NONE || threshold(state).is_none() {
        return state.clone();
    }
    with_threshold(state, None)
}

/// Returns the threshold in a trace state, or its digits if they are not valid.
pub fn threshold(state: &TraceState) -> Option<Result<Threshold, &str>> {
    let digits = field(state.get(MEMBER)?, "th")?;
    Some(Threshold::parse(digits).ok_or(digits))
}

/// Returns whether a trace state has a threshold that rejects traces.
pub fn rejects(state: &TraceState) -> bool {
    matches!(threshold(state), Some(Ok(threshold)) if threshold != Threshold::ALWAYS)
}

fn fields(value: &str) -> impl Iterator<Item = &str> {
    value.split(';').filter(|field| !field.is_empty())
}

/// Returns the value of a field.
fn field<'v>(value: &'v str, key: &str) -> Option<&'v str> {
    let mut fields = fields(value).filter_map(|field| field.split_once(':'));
    let (_, value) = fields.find(|(other, _)| *other == key)?;
    Some(value)
}

/// Parses 1 to 14 lower-case hexadecimal digits. `from_str_radix` alone accepts signs and upper case.
fn hex(digits: &str) -> Option<u64> {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if !digits.bytes().all(is_hex) {
        return None;
    }
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::cast_precision_loss, reason = "ratios of numbers up to 2^56")]

    use opentelemetry::{SpanId, TraceFlags};
    use proptest::prelude::*;

    use super::*;

    fn state(member: &str) -> TraceState {
        TraceState::NONE.insert(MEMBER, member).unwrap()
    }

    /// The table of the specification, with four digits.
    #[test]
    fn thresholds_are_those_of_the_specification() {
        for (one_in, digits) in [
            (1.0, "0"),
            (2.0, "8"),
            (3.0, "aaab"),
            (4.0, "c"),
            (5.0, "cccd"),
            (8.0, "e"),
            (10.0, "e666"),
            (16.0, "f"),
            (100.0, "fd70a"),
            (1000.0, "ffbe77"),
            (10_000.0, "fff9724"),
            (100_000.0, "ffff583a"),
            (1_000_000.0, "ffffef39"),
        ] {
            let threshold = Threshold::of_ratio(1.0 / one_in);
            assert_eq!(threshold.digits(), digits, "1 in {one_in}");
        }
    }

    #[test]
    fn the_smallest_ratio_samples_one_trace_and_zero_none() {
        let smallest = Threshold::of_ratio(1.0 / (1_u64 << 56) as f64);
        assert!(smallest.samples(RANGE - 1));
        assert!(smallest.0 > RANGE - (1 << 16), "{smallest:?}");
        assert!(!Threshold::of_ratio(0.0).samples(RANGE - 1));
        assert!(!Threshold::of_ratio(1e-30).samples(RANGE - 1));
        assert!(Threshold::of_ratio(1.0).samples(0));
    }

    #[test]
    fn a_threshold_replaces_the_earlier_one_and_keeps_the_rest() {
        let set = |member| with_threshold(&state(member), Some(Threshold::of_ratio(0.5)));
        assert_eq!(set("th:c").get(MEMBER), Some("th:8"));
        let both = set("rv:6e6d1a75832a2f;th:c;xy:z");
        assert_eq!(both.get(MEMBER), Some("th:8;rv:6e6d1a75832a2f;xy:z"));
        assert_eq!(with_threshold(&state("th:c"), None).header(), "");
        assert_eq!(with_threshold(&state("th:c;xy:z"), None).header(), "ot=xy:z");
    }

    #[test]
    fn a_trace_state_stays_within_its_limits() {
        let members = (0..32).map(|n| (format!("k{n}"), "v".to_owned()));
        let full = TraceState::from_key_value(members).unwrap();
        let changed = with_threshold(&full, Some(Threshold::ALWAYS)).header();
        assert!(changed.starts_with("ot=th:0,k0=v,"), "{changed}");
        assert!(changed.ends_with(",k30=v"), "the last member gives way");

        let longest = format!("rv:6e6d1a75832a2f;xy:{}", "z".repeat(256 - 21));
        let changed = with_threshold(&state(&longest), Some(Threshold::of_ratio(0.1)));
        assert_eq!(changed.get(MEMBER), Some("th:e666;rv:6e6d1a75832a2f"));
    }

    #[test]
    fn an_inherited_threshold_that_contradicts_the_decision_is_removed() {
        let inherited = |trace_id: u128, member| {
            let (trace_id, span_id) = (TraceId::from(trace_id), SpanId::from(1));
            let state = state(member);
            let parent = SpanContext::new(trace_id, span_id, TraceFlags::SAMPLED, true, state);
            inherited(&parent, false).get(MEMBER).map(str::to_owned)
        };
        let random = 0xabc << 96 | 0x80_0000_0000_0000;
        assert_eq!(inherited(random, "th:8").as_deref(), Some("th:8"));
        assert_eq!(inherited(random, "th:81;xy:z").as_deref(), Some("xy:z"));
        assert_eq!(inherited(random, "th:8g"), None, "not a number");
        assert_eq!(inherited(random, "th:"), None, "no digits");
        assert_eq!(inherited(random, "xy:z").as_deref(), Some("xy:z"));
        let explicit = "th:81;rv:81000000000000";
        assert_eq!(inherited(random, explicit).as_deref(), Some(explicit));
        let short = inherited(random, "th:8;rv:81");
        assert_eq!(short.as_deref(), Some("th:8;rv:81"), "`rv` has 14 digits");
    }

    proptest! {
        #[test]
        fn a_threshold_is_parsed_as_it_was_written(bits in 0..RANGE) {
            let threshold = Threshold(bits);
            let digits = threshold.digits();
            prop_assert!((1..=DIGITS).contains(&digits.len()));
            prop_assert!(digits == "0" || !digits.ends_with('0'));
            prop_assert_eq!(Threshold::parse(&digits), Some(threshold));
            let padded = format!("{digits:0<14}");
            prop_assert_eq!(Threshold::parse(&padded), Some(threshold));
            prop_assert_eq!(Threshold::parse(&format!("{padded}0")), None);
        }

        #[test]
        fn a_threshold_is_close_to_its_ratio(exponent in 0_i32..40, fraction in 0.5_f64..=1.0) {
            let ratio = fraction * 2_f64.powi(-exponent);
            let kept = (RANGE - Threshold::of_ratio(ratio).0) as f64 / RANGE as f64;
            prop_assert!((kept / ratio - 1.0).abs() < 0.000_2, "{ratio} {kept}");
        }

        #[test]
        fn a_higher_ratio_samples_the_traces_of_a_lower_one(
            (low, high) in (0.0_f64..=1.0).prop_flat_map(|high| (0.0..=high, Just(high))),
            randomness in 0..RANGE,
        ) {
            let (low, high) = (Threshold::of_ratio(low), Threshold::of_ratio(high));
            prop_assert!(!low.samples(randomness) || high.samples(randomness));
        }

        #[test]
        fn any_member_gives_a_valid_state(member in "[ -~&&[^,=]]{1,256}", bits in 0..RANGE) {
            let earlier = TraceState::NONE.insert(MEMBER, member.trim_end().to_owned());
            prop_assume!(earlier.is_ok());
            let changed = with_threshold(&earlier.unwrap(), Some(Threshold(bits)));
            let value = changed.get(MEMBER).unwrap();
            prop_assert!(value.len() <= MAX_MEMBER);
            prop_assert_eq!(threshold(&changed), Some(Ok(Threshold(bits))));
        }
    }
}
