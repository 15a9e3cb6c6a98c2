//! Time as an argument: instants for law and log, a stopwatch for durations.

use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::tz::TimeZone;
pub use jiff::{Timestamp, civil::Date};

/// The source of legal time: cases, permits and the log are stamped by it. Instants are UTC and are
/// kept to the microsecond.
pub trait Clock: Debug + Send + Sync {
    /// The present instant, in whole microseconds.
    fn now(&self) -> Timestamp;

    /// The present calendar date in Denmark.
    fn today(&self) -> Date {
        danish_date(self.now())
    }
}

/// The calendar date in Denmark at an instant.
pub fn danish_date(at: Timestamp) -> Date {
    at.to_zoned(copenhagen()).date()
}

/// The instant at which a Danish calendar date begins.
pub fn danish_midnight(date: Date) -> Timestamp {
    // Midnight exists on every date in Copenhagen: the clock changes at 2 or 3 in the morning.
    date.to_zoned(copenhagen())
        .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

fn copenhagen() -> TimeZone {
    TimeZone::get("Europe/Copenhagen")
        .expect("invariant: the time-zone database is bundled and knows Copenhagen")
}

/// The stored form of an instant: UTC with exactly six decimals, so that text sorts as time.
pub fn format_instant(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// Reads what [`format_instant`] wrote (and any RFC 3339 instant).
pub fn parse_instant(text: &str) -> Result<Timestamp, jiff::Error> {
    text.parse()
}

fn whole_microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        whole_microseconds(Timestamp::now())
    }
}

/// A clock that runs at normal pace from a chosen start and can only be moved forward: the clock of
/// a demo folder.
#[derive(Debug)]
pub struct ShiftedClock {
    offset_us: AtomicI64,
}

impl ShiftedClock {
    /// A clock whose distance to the machine's clock is `offset_us` microseconds.
    pub const fn new(offset_us: i64) -> Self {
        Self {
            offset_us: AtomicI64::new(offset_us),
        }
    }

    /// A clock that shows `start` now.
    pub fn starting_at(start: Timestamp) -> Self {
        Self::new(start.as_microsecond() - SystemClock.now().as_microsecond())
    }

    /// The distance to the machine's clock, in microseconds.
    pub fn offset_us(&self) -> i64 {
        self.offset_us.load(Ordering::SeqCst)
    }

    /// Takes over a distance that was stored, if it is further ahead than the present one.
    pub fn set_offset_us(&self, offset_us: i64) {
        self.offset_us.fetch_max(offset_us, Ordering::SeqCst);
    }

    /// Moves the clock forward to `at`; returns false, and moves nothing, if `at` has passed.
    pub fn advance_to(&self, at: Timestamp) -> bool {
        let step = at.as_microsecond() - self.now().as_microsecond();
        if step < 0 {
            return false;
        }
        self.offset_us.fetch_add(step, Ordering::SeqCst);
        true
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        let us = SystemClock.now().as_microsecond() + self.offset_us();
        Timestamp::from_microsecond(us).unwrap_or(Timestamp::MAX)
    }
}

/// The machine's clock as it was at a start, going on at the pace of the monotonic source: who sets the
/// machine's clock ends nobody's session and prolongs none.
#[derive(Debug, Clone, Copy)]
pub struct SteadyClock {
    start: Timestamp,
    watch: Stopwatch,
}

impl SteadyClock {
    /// A clock that shows what the machine's clock shows now.
    pub fn start() -> Self {
        Self {
            start: SystemClock.now(),
            watch: Stopwatch::start(),
        }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.watch.elapsed().as_micros()).unwrap_or(i64::MAX);
        let us = self.start.as_microsecond().saturating_add(elapsed);
        Timestamp::from_microsecond(us).unwrap_or(Timestamp::MAX)
    }
}

/// A clock that stands still, for tests.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl FixedClock {
    /// A clock standing at an RFC 3339 instant.
    ///
    /// # Panics
    /// If `text` is not an instant: this is for tests.
    pub fn at(text: &str) -> Self {
        Self(text.parse().expect("invariant: tests give a valid instant"))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Measures durations, for timings, leases and sessions. It has nothing to do with [`Clock`].
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts measuring.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the monotonic source"
    )]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// The time since the start.
    pub fn elapsed(&self) -> std::time::Duration {
        self.0.elapsed()
    }

    /// Whole milliseconds since the start.
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn danish_dates_change_at_danish_midnight_in_winter_and_summer() {
        let winter: Timestamp = "2026-12-01T23:30:00Z".parse().unwrap();
        assert_eq!(danish_date(winter).to_string(), "2026-12-02");
        let summer: Timestamp = "2026-07-01T21:59:59Z".parse().unwrap();
        assert_eq!(danish_date(summer).to_string(), "2026-07-01");
        assert_eq!(
            danish_midnight(jiff::civil::date(2026, 7, 1)).to_string(),
            "2026-06-30T22:00:00Z"
        );
    }

    #[test]
    fn a_shifted_clock_moves_forward_only() {
        let clock = ShiftedClock::starting_at("2026-12-01T08:00:00Z".parse().unwrap());
        assert!(!clock.advance_to("2026-11-01T08:00:00Z".parse().unwrap()));
        assert!(clock.advance_to("2027-02-01T08:00:00Z".parse().unwrap()));
        assert!(clock.now() >= "2027-02-01T08:00:00Z".parse().unwrap());
    }

    #[test]
    fn a_steady_clock_goes_on_from_the_machines() {
        let clock = SteadyClock::start();
        let first = clock.now();
        let apart = SystemClock.now().duration_since(first).as_secs();
        assert!(apart.abs() < 60, "{apart}");
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(clock.now() > first);
    }

    #[test]
    fn stored_instants_sort_as_text() {
        let whole: Timestamp = "2026-12-01T08:00:00Z".parse().unwrap();
        assert_eq!(format_instant(whole), "2026-12-01T08:00:00.000000Z");
        assert_eq!(parse_instant(&format_instant(whole)).unwrap(), whole);
    }
}
