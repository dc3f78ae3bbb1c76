//! Lessons in links: where a lesson lies, and what its stages show.

use std::fmt;

use lab::lesson::Stage;

use super::{
    Bookmark,
    link::{LINK_VERSION, read_link},
};

/// Where a lesson lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LessonPlace {
    /// One that comes with the page, by its id.
    Ours(String),
    /// At an address of http or https.
    Web(String),
    /// In a file of the reader's, by its name; a link cannot hold it.
    File(String),
    /// The steps of a lab, by its id; a link names the lab.
    Lab(String),
}

/// Letters of an address or a name.
const MOST_LETTERS: usize = 2_000;
const FILE: &str = "file:";

impl LessonPlace {
    /// The place that a link names so.
    pub fn read(text: &str) -> Option<Self> {
        let is_plain = |it: char| !it.is_whitespace() && !it.is_control();
        let is_id = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
        if MOST_LETTERS < text.len() {
            None
        } else if let Some(name) = text.strip_prefix(FILE) {
            let is_name = |it: &&str| !it.is_empty() && !it.chars().any(char::is_control);
            Some(name).filter(is_name).map(|it| Self::File(it.to_owned()))
        } else if text.contains(':') {
            let place = Self::Web(text.to_owned());
            place.host().filter(|_| text.chars().all(is_plain)).is_some().then_some(place)
        } else {
            (!text.is_empty() && text.chars().all(is_id)).then(|| Self::Ours(text.to_owned()))
        }
    }

    /// Whose computer would be asked, where it is one of the web.
    pub fn host(&self) -> Option<&str> {
        let Self::Web(address) = self else { return None };
        let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
        let host = rest.split(['/', '?', '#', '\\']).next()?;
        // A name before an @ would be taken for the host.
        (!host.is_empty() && !host.contains('@')).then_some(host)
    }
}

impl fmt::Display for LessonPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours(text) | Self::Web(text) | Self::Lab(text) => f.write_str(text),
            Self::File(name) => write!(f, "{FILE}{name}"),
        }
    }
}

/// What a stage shows, in a lesson about `model` or in the steps of a lab, with a sentence for each
/// part that could not be kept.
pub fn read_stage(
    stage: &Stage,
    model: Option<&str>,
    lab: Option<&str>,
) -> (Bookmark, Vec<String>) {
    let part = |name: &str, value: Option<&str>| {
        let value = value.filter(|it| !it.is_empty());
        value.map_or_else(String::new, |it| format!("&{name}={it}"))
    };
    let (lab, model) = (part("lab", lab), part("model", model));
    read_link(&format!("v={LINK_VERSION}{lab}{model}&{}", stage.link))
}

impl Bookmark {
    /// This stage as it is set: what the reader chose of drawing, running and reading stays.
    #[must_use]
    pub fn staged_over(&self, now: &Bookmark) -> Bookmark {
        let usual = Bookmark::default();
        Bookmark {
            digest: if self.model == now.model { now.digest.clone() } else { self.digest.clone() },
            sampling: if self.sampling == usual.sampling { now.sampling } else { self.sampling },
            painting: now.painting,
            uses_gpu: now.uses_gpu,
            lesson: now.lesson.clone(),
            lesson_step: now.lesson_step,
            lab: self.lab.clone().or_else(|| now.lab.clone()),
            ..self.clone()
        }
    }

    /// The text in steps that is open: a lesson, or that of a lab.
    pub fn open_text(&self) -> Option<LessonPlace> {
        let lab = || Some(LessonPlace::Lab(self.lab.as_ref()?.id.clone()));
        self.lesson.clone().or_else(lab)
    }

    /// Whether what runs is the same: model, prompt and interventions.
    pub fn runs_as(&self, other: &Bookmark) -> bool {
        (&self.model, &self.prompt, &self.program) == (&other.model, &other.prompt, &other.program)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        for (text, place) in [
            ("states", LessonPlace::Ours("states".into())),
            (
                "https://example.org/a.md?b=c",
                LessonPlace::Web("https://example.org/a.md?b=c".into()),
            ),
            ("file:My lesson.md", LessonPlace::File("My lesson.md".into())),
        ] {
            assert_eq!(LessonPlace::read(text), Some(place.clone()));
            assert_eq!(place.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_place_is_none() {
        let long = "a".repeat(MOST_LETTERS + 1);
        for text in [
            "",
            "../etc",
            "a/b",
            "javascript:alert(1)",
            "data:text/plain,a",
            "https://",
            "https://good.org@bad.org/a.md",
            "https://a b/c",
            "ftp://a.org",
            "file:",
            &long,
        ] {
            assert_eq!(LessonPlace::read(text), None, "{text}");
        }
    }

    #[test]
    fn the_host_is_the_one_that_is_asked() {
        let host = |text: &str| LessonPlace::read(text)?.host().map(str::to_owned);
        assert_eq!(host("https://a.org:8080/b@c").as_deref(), Some("a.org:8080"));
        assert_eq!(host("http://a.org?b").as_deref(), Some("a.org"));
        assert_eq!(host("states"), None);
    }

    #[test]
    fn a_stage_is_of_the_lessons_model_where_it_names_none() {
        let stage = |link: &str| Stage { label: None, link: link.to_owned(), line: 1 };
        let model = |link: &str| read_stage(&stage(link), Some("tales-mamba2"), None).0.model;
        assert_eq!(model("prompt=a"), "tales-mamba2");
        assert_eq!(model("model=tales-hybrid&prompt=a"), "tales-hybrid");
        let (_, troubles) = read_stage(&stage("hologram=on"), None, None);
        assert_eq!(troubles.len(), 1, "{troubles:?}");
    }

    #[test]
    fn a_stage_leaves_the_readers_own_choices() {
        let now = Bookmark {
            digest: "abc".into(),
            uses_gpu: true,
            lesson: Some(LessonPlace::Ours("states".into())),
            lesson_step: 2,
            prompt: "other".into(),
            ..Bookmark::default()
        };
        let set = Bookmark::default().staged_over(&now);
        assert_eq!((set.digest.as_str(), set.uses_gpu, set.lesson_step), ("abc", true, 2));
        assert_eq!(set.lesson, now.lesson);
        assert!(set.runs_as(&Bookmark::default()) && !set.runs_as(&now));
    }
}
