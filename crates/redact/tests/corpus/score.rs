//! The score of a redactor: the number of messages that leak, lose their context or change without a secret.

use floe_redact::Redactor;

use super::messages::Message;

/// A mistake of a redactor in a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// A part of a secret is left.
    Leak,
    /// Text other than the secret is missing.
    Lost,
    /// A message without a secret was changed.
    Changed,
}

#[derive(Debug, Default)]
pub(crate) struct Score {
    /// The number of messages with a secret.
    pub(crate) secret: usize,
    /// The number of messages without a secret.
    pub(crate) benign: usize,
    pub(crate) leaks: usize,
    pub(crate) lost: usize,
    pub(crate) changed: usize,
    /// The number of messages that a second redaction changes.
    pub(crate) unstable: usize,
}

impl Score {
    pub(crate) fn add(
        &mut self,
        redactor: &Redactor,
        message: &Message,
        safe: &str,
    ) -> Option<Fault> {
        self.secret += usize::from(!message.secrets.is_empty());
        self.benign += usize::from(message.is_benign);
        self.unstable += usize::from(redactor.redact(safe) != safe);
        let (fault, count) = if message.secrets.iter().any(|piece| safe.contains(piece)) {
            (Fault::Leak, &mut self.leaks)
        } else if message.is_benign {
            (safe != message.input).then_some((Fault::Changed, &mut self.changed))?
        } else {
            let is_lost = !message.context.iter().all(|piece| safe.contains(piece));
            is_lost.then_some((Fault::Lost, &mut self.lost))?
        };
        *count += 1;
        Some(fault)
    }
}
