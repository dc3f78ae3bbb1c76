//! Requests that wait for their turn.

use std::collections::VecDeque;

use trace::Request;

/// What has come and is not yet begun. The latest of a kind wins: a run takes the place of a
/// waiting run and of the looks at it, a look that of a waiting look, a job that of a waiting job.
#[derive(Debug, Default)]
pub struct Inbox {
    waiting: VecDeque<Request>,
}

impl Inbox {
    /// Adds a request.
    pub fn put(&mut self, request: Request) {
        match request {
            Request::Run { .. } => {
                self.waiting.retain(|it| !matches!(it, Request::Run { .. } | Request::Look { .. }))
            }
            Request::Look { .. } => self.waiting.retain(|it| !matches!(it, Request::Look { .. })),
            Request::Checkpoint { .. } => {
                self.waiting.retain(|it| !matches!(it, Request::Checkpoint { .. }));
            }
            Request::Open { .. } => self.waiting.clear(),
            Request::Start { .. } => {
                self.waiting.retain(|it| !matches!(it, Request::Start { .. }));
            }
            Request::Stop { id } => {
                self.waiting
                    .retain(|it| !matches!(it, Request::Start { id: its, .. } if *its == id));
            }
            Request::Panic => {}
        }
        self.waiting.push_back(request);
    }

    /// The next one in turn.
    pub fn take(&mut self) -> Option<Request> {
        self.waiting.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: u64) -> Request {
        Request::Run {
            id,
            prompt: String::new(),
            program: trace::Program::default(),
            ask: Vec::new(),
        }
    }

    fn look(id: u64) -> Request {
        Request::Look { id, ask: Vec::new() }
    }

    fn left(requests: impl IntoIterator<Item = Request>) -> Vec<Request> {
        let mut inbox = Inbox::default();
        requests.into_iter().for_each(|it| inbox.put(it));
        std::iter::from_fn(|| inbox.take()).collect()
    }

    #[test]
    fn the_latest_run_wins() {
        assert_eq!(left([run(1), look(1), run(2), run(3)]), [run(3)]);
    }

    #[test]
    fn the_latest_look_wins_and_follows_its_run() {
        assert_eq!(left([run(1), look(1), look(1)]), [run(1), look(1)]);
    }

    #[test]
    fn the_latest_checkpoint_wins_and_runs_keep_their_place() {
        let checkpoint = |step| Request::Checkpoint { url: String::new(), step };
        let requests = [checkpoint(Some(1)), run(1), checkpoint(Some(2)), checkpoint(None), run(2)];
        assert_eq!(left(requests), [checkpoint(None), run(2)]);
    }

    #[test]
    fn of_jobs_that_wait_the_latest_is_begun_and_one_that_is_stopped_is_not() {
        let start = |id| Request::Start { id, job: trace::Job::Probe(trace::ProbeJob::default()) };
        let stop = |id| Request::Stop { id };
        assert_eq!(left([start(1), run(1), start(2)]), [run(1), start(2)]);
        assert_eq!(left([start(1), stop(1), start(2)]), [stop(1), start(2)]);
        assert_eq!(left([start(2), stop(1)]), [start(2), stop(1)], "an old stop ends no new job");
    }

    #[test]
    fn another_model_makes_all_else_void() {
        let open = Request::Open { url: "models/tales".to_owned() };
        assert_eq!(left([run(1), open.clone(), run(2)]), [open, run(2)]);
    }
}
