//! When it is said how far a job is, and how long the rest may take.

use trace::{Event, JobId};

/// So much time is between two messages at least.
const BETWEEN_SECS: f64 = 0.1;

/// The pace of the job that runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    /// The job, when its first step was taken, and when it was last told of.
    of: Option<(JobId, f64, f64)>,
}

impl Pace {
    /// What is to be said after a step that ended at `now_secs` and began `step_secs` before; `None`
    /// where too little time has passed since the last message.
    pub fn after(
        &mut self,
        id: JobId,
        done: usize,
        of: usize,
        [step_secs, now_secs]: [f64; 2],
    ) -> Option<Event> {
        let known = self.of.filter(|it| it.0 == id);
        let since = known.map_or(now_secs - step_secs, |it| it.1);
        if known.is_some_and(|it| now_secs - it.2 < BETWEEN_SECS) {
            return None;
        }
        self.of = Some((id, since, now_secs));
        let secs_left =
            (0 < done).then(|| (now_secs - since) / done as f64 * of.saturating_sub(done) as f64);
        Some(Event::Progress { id, done, of, secs_left })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_at_most_ten_times_a_second_and_the_rest_is_reckoned() {
        let mut pace = Pace::default();
        let mut said = Vec::new();
        for done in 1..=100 {
            let now_secs = 5.0 + 0.02 * f64::from(done);
            said.extend(pace.after(3, done as usize, 100, [0.02, now_secs]));
        }
        assert!((17..=21).contains(&said.len()), "two seconds: {}", said.len());
        for event in said {
            let Event::Progress { id: 3, done, of: 100, secs_left: Some(left) } = event else {
                panic!("{event:?}")
            };
            assert!((left - 0.02 * (100 - done) as f64).abs() < 1e-9, "{done}: {left}");
        }
        // Another job has a pace of its own.
        let first = pace.after(4, 1, 2, [0.5, 7.01]);
        assert_eq!(first, Some(Event::Progress { id: 4, done: 1, of: 2, secs_left: Some(0.5) }));
    }
}
