//! Dumps for `SIGUSR2`.

use std::io;
use std::sync::Arc;

use crate::dumper::Dumper;

/// Asks for a dump at each signal until it is dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    #[cfg(unix)]
    signals: signal_hook::iterator::Handle,
}

#[cfg(unix)]
impl Watch {
    pub(crate) fn start(dumper: Arc<Dumper>) -> io::Result<Self> {
        use signal_hook::consts::SIGUSR2;
        use signal_hook::iterator::Signals;

        let mut signals = Signals::new([SIGUSR2])?;
        let handle = signals.handle();
        let thread = std::thread::Builder::new().name("floe-flight-signal".to_owned());
        thread.spawn(move || {
            for _ in &mut signals {
                dumper.dump(crate::dump::Reason::Signal);
            }
        })?;
        Ok(Self { signals: handle })
    }
}

#[cfg(unix)]
impl Drop for Watch {
    fn drop(&mut self) {
        self.signals.close();
    }
}

#[cfg(not(unix))]
impl Watch {
    pub(crate) fn start(_: Arc<Dumper>) -> io::Result<Self> {
        Ok(Self {})
    }
}
