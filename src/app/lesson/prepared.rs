//! A lesson as the page can show it: read, with what each of its stages sets.

use std::collections::BTreeMap;

use lab::lesson::{Block, Lesson, Stage, Trouble};

use crate::{
    app::{
        panels::{PANELS, unknown_panels},
        state::lessons::Prepared,
    },
    share::{Bookmark, Place, read_stage},
};

/// Reads a lesson.
pub(super) fn prepare(text: &str) -> Prepared {
    prepare_of(text, None)
}

/// Reads a lesson, or the steps of a lab.
fn prepare_of(text: &str, lab: Option<&str>) -> Prepared {
    let (lesson, mut troubles) = Lesson::read(text);
    let mut staged = BTreeMap::new();
    for (at, step) in lesson.steps.iter().enumerate() {
        for (place, block) in step.blocks.iter().enumerate() {
            match block {
                Block::Stage(stage) | Block::Show(stage) => {
                    let model = lesson.front.model.as_deref();
                    let bookmark = read_all(stage, (model, lab), &mut troubles);
                    staged.insert((at, place), bookmark);
                }
                Block::Spotlight { name, line } if !is_spot(name) => {
                    let what = tr!("there is no place and no panel “{name}”", name);
                    troubles.push(Trouble::new(*line, what, spots()));
                }
                _ => {}
            }
        }
    }
    troubles.sort_by_key(|it| it.line);
    Prepared { lesson, troubles, staged }
}

/// Reads the steps of a lab.
pub(in crate::app) fn prepare_steps(text: &str, lab: &str) -> Prepared {
    prepare_of(text, Some(lab))
}

/// What a stage sets, its faults told with its line.
fn read_all(
    stage: &Stage,
    (model, lab): (Option<&str>, Option<&str>),
    troubles: &mut Vec<Trouble>,
) -> Bookmark {
    let (bookmark, mut said) = read_stage(stage, model, lab);
    said.extend(unknown_panels(&bookmark));
    let fix = tr!("the rest of the stage is shown");
    troubles.extend(said.into_iter().map(|what| Trouble::new(stage.line, what, fix)));
    bookmark
}

fn is_spot(name: &str) -> bool {
    Place::named(name).is_some() || PANELS.iter().any(|it| it.id == name)
}

fn spots() -> String {
    let places = Place::ALL.iter().map(|it| it.1);
    let all: Vec<&str> = places.chain(PANELS.iter().map(|it| it.id)).collect();
    tr!("there are: {all}", all = all.join(", "))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::app::lesson::OWN;

    #[test]
    fn our_lessons_are_those_of_the_menu_and_have_no_fault() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/lessons");
        let n_files = fs::read_dir(&folder).unwrap().count();
        assert_eq!(n_files, OWN.len());
        for own in OWN {
            let text = fs::read_to_string(folder.join(format!("{}.md", own.id))).unwrap();
            let read = prepare(&text);
            assert_eq!(read.troubles, [], "{}", own.id);
            let front = &read.lesson.front;
            assert_eq!((front.title.as_str(), front.minutes), (own.title, Some(own.minutes)));
        }
    }

    #[test]
    fn steps_of_our_labs_have_no_fault_and_stay_in_their_lab() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/labs");
        let mut n_found = 0;
        for lab in fs::read_dir(&folder).unwrap().flatten() {
            let id = lab.file_name().into_string().unwrap();
            let Ok(text) = fs::read_to_string(lab.path().join("lesson.md")) else { continue };
            n_found += 1;
            let read = prepare_steps(&text, &id);
            assert_eq!(read.troubles, [], "{id}");
            for (at, staged) in &read.staged {
                assert_eq!(staged.lab.as_ref().map(|it| it.id.as_str()), Some(id.as_str()));
                let networks = folder.parent().unwrap().join(match staged.model.split_once('/') {
                    Some((lab, network)) => format!("labs/{lab}/networks/{network}"),
                    None => format!("models/{}", staged.model),
                });
                assert!(networks.is_dir(), "{id} {at:?}: {}", staged.model);
            }
        }
        assert_eq!(n_found, 2);
    }

    #[test]
    fn faults_of_stages_are_told_with_their_line() {
        let read = prepare(
            "---\ntitle: a\nversion: 1\nmodel: tales-mamba2\n---\n# One\n```stage\nhologram=on\n\
             second=nothing\n```\n```spotlight\nelsewhere\n```\n```spotlight\nlens\n```",
        );
        let lines: Vec<usize> = read.troubles.iter().map(|it| it.line).collect();
        assert_eq!(lines, [8, 8, 12], "{:?}", read.troubles);
        assert_eq!(read.staged(0, 0).map(|it| it.model.as_str()), Some("tales-mamba2"));
        assert_eq!(read.all_staged(0, 9).count(), 1);
    }
}
