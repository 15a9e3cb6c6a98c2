//! Figures for Prometheus, in its text format. By route, never by path: a path can name a case.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What has been counted since the start.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<Labels, Tally>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Labels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    count: u64,
    time: Duration,
}

impl Metrics {
    /// Counts a request that was answered.
    pub(crate) fn count(&self, method: &str, route: &str, status: u16, time: Duration) {
        let labels = Labels {
            method: method.to_owned(),
            route: route.to_owned(),
            status,
        };
        // A panic while counting leaves a figure that is one too low, nothing worse.
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = requests.entry(labels).or_default();
        tally.count += 1;
        tally.time += time;
    }

    /// The page that Prometheus reads. `figures` are those of the installation.
    pub(crate) fn page(&self, uptime: Duration, figures: &[(String, i64)]) -> String {
        let mut page = String::new();
        gauge(&mut page, "sund_uptime_seconds", uptime.as_secs());
        for (name, value) in figures {
            gauge(&mut page, &format!("sund_{name}"), value);
        }
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        page.push_str("# TYPE sund_http_requests_total counter\n");
        for (labels, tally) in requests.iter() {
            line(&mut page, "sund_http_requests_total", labels, tally.count);
        }
        page.push_str("# TYPE sund_http_request_seconds_total counter\n");
        for (labels, tally) in requests.iter() {
            let seconds = tally.time.as_secs_f64();
            line(
                &mut page,
                "sund_http_request_seconds_total",
                labels,
                seconds,
            );
        }
        page
    }
}

fn gauge(page: &mut String, name: &str, value: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    write!(page, "# TYPE {name} gauge\n{name} {value}\n").ok();
}

fn line(page: &mut String, name: &str, labels: &Labels, value: impl std::fmt::Display) {
    let Labels {
        method,
        route,
        status,
    } = labels;
    writeln!(
        page,
        "{name}{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} {value}"
    )
    .ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_prometheus_reads() {
        let metrics = Metrics::default();
        metrics.count(
            "GET",
            "/api/v1/cases/{number}",
            200,
            Duration::from_millis(500),
        );
        metrics.count(
            "GET",
            "/api/v1/cases/{number}",
            200,
            Duration::from_millis(500),
        );
        let page = metrics.page(Duration::from_secs(9), &[("cases".to_owned(), 3)]);
        let expected = "sund_http_requests_total{method=\"GET\",route=\"/api/v1/cases/{number}\",status=\"200\"} 2\n";
        assert!(page.contains(expected), "{page}");
        assert!(page.contains("sund_cases 3\n") && page.contains("sund_uptime_seconds 9\n"));
    }
}
