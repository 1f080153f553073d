//! A span that others speak to while its call ends it and begins the next one.

use loom::model;
use loom::thread;

use super::late::{Handle, Late, Said};

fn late() -> &'static Late {
    Box::leak(Box::new(Late::new()))
}

fn say(handle: &Handle, word: &'static str) {
    handle.say(|said| said.record.0.push(word));
}

fn words(said: Option<Said>) -> Vec<&'static str> {
    said.map(|said| said.record.0).unwrap_or_default()
}

#[test]
fn what_was_said_before_the_end_is_found() {
    model(|| {
        let late = late();
        let handle = late.handle();
        let speaker = thread::spawn(move || say(&handle, "first"));
        speaker.join().unwrap();
        assert_eq!(words(late.close()), ["first"]);
        assert_eq!(words(late.close()), [""; 0]);
    });
}

#[test]
fn what_is_said_at_the_same_time_as_the_end_is_the_span_s_or_nobody_s() {
    model(|| {
        let late = late();
        let handle = late.handle();
        let speaker = thread::spawn(move || say(&handle, "first"));
        let first = words(late.close());
        assert!(first.is_empty() || first == ["first"]);
        let second = late.handle();
        say(&second, "second");
        assert_eq!(words(late.close()), ["second"]);
        speaker.join().unwrap();
        let _third = late.handle();
        assert_eq!(words(late.close()), [""; 0]);
    });
}

#[test]
fn two_speakers_are_both_heard() {
    model(|| {
        let late = late();
        let speakers = ["one", "other"].map(|word| {
            let handle = late.handle();
            thread::spawn(move || say(&handle, word))
        });
        for speaker in speakers {
            speaker.join().unwrap();
        }
        let mut heard = words(late.close());
        heard.sort_unstable();
        assert_eq!(heard, ["one", "other"]);
    });
}

#[test]
fn who_ended_the_span_is_heard_last() {
    model(|| {
        let late = late();
        let (ends, speaks) = (late.handle(), late.handle());
        let ender = thread::spawn(move || ends.say(|said| said.ended = true));
        say(&speaks, "word");
        ender.join().unwrap();
        assert!(!speaks.is_open());
        say(&speaks, "too late");
        let said = late.close().unwrap();
        assert!(said.ended);
        let heard = words(Some(said));
        assert!(heard.is_empty() || heard == ["word"]);
    });
}

#[test]
fn a_handle_that_outlives_its_span_says_nothing_to_the_next() {
    model(|| {
        let late = late();
        let first = late.handle();
        let speaker = thread::spawn(move || {
            say(&first, "first");
            first.is_open()
        });
        let _ = late.close();
        let second = late.handle();
        assert!(second.is_open());
        assert_eq!(words(late.close()), [""; 0]);
        let _ = speaker.join().unwrap();
        assert!(!second.is_open());
    });
}
