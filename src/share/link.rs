//! The link: everything that brings a colleague to the same sight, in the address's fragment.
//!
//! `#v=1&model=tales&prompt=Anna+put+the+lantern&layer=2&head=1&…`: a name for each part, readable
//! and writable by hand. What is as it is by default is left out.

use std::collections::BTreeMap;

use trace::{read_blocks, read_cuts, read_program};

use super::{
    Bookmark, are_fellows, family_of,
    parts::{OLD_PARTS, PARTS},
};

/// The version that this page writes, and the newest that it reads.
pub const LINK_VERSION: u32 = 1;

/// The fragment of a bookmark, without `#`.
pub fn write_link(bookmark: &Bookmark) -> String {
    let mut link = form_urlencoded::Serializer::new(String::new());
    link.append_pair("v", &LINK_VERSION.to_string());
    for part in PARTS {
        if let Some(text) = (part.write)(bookmark) {
            link.append_pair(part.name, &text);
        }
    }
    // A percent sign of the text itself is %25, so that nothing but escapes begins with one.
    PLAIN.iter().fold(link.finish(), |link, (escaped, plain)| link.replace(escaped, plain))
}

/// The bookmark in a fragment, and a sentence for each part that could not be kept.
pub fn read_link(fragment: &str) -> (Bookmark, Vec<String>) {
    let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
    let mut bookmark = Bookmark::default();
    let mut troubles = Vec::new();
    if fragment.is_empty() {
        return (bookmark, troubles);
    }
    let pairs: BTreeMap<String, String> =
        form_urlencoded::parse(fragment.as_bytes()).into_owned().collect();
    troubles.extend(version_trouble(pairs.get("v")));
    for (name, text) in &pairs {
        let now = OLD_PARTS.iter().find(|it| it.0 == name).map_or(name.as_str(), |it| it.1);
        let Some(part) = PARTS.iter().find(|it| it.name == now) else {
            if name == RESULT && result_of(fragment).is_none() {
                troubles.push(tr!("“{text}” is no result; it was left out", text = clipped(text)));
            } else if name != "v" && name != RESULT {
                troubles.push(tr!(
                    "this page does not know “{name}” in the link",
                    name = clipped(name)
                ));
            }
            continue;
        };
        if (part.read)(&mut bookmark, text).is_none() {
            let (name, text) = (part.name, clipped(text));
            troubles.push(tr!("“{text}” is no {name}; the link's {name} was left out", text, name));
        }
    }
    troubles.extend(program_troubles(&pairs));
    let model = bookmark.model.clone();
    bookmark.beside.retain(|it| *it != model);
    let (fellows, others): (Vec<_>, Vec<_>) =
        bookmark.beside.drain(..).partition(|it| are_fellows(it, &model));
    bookmark.beside = fellows;
    troubles.extend(others.iter().map(|it| {
        tr!(
            "“{other}” does not read what {model} reads, so it does not stand beside it",
            other = it,
            model
        )
    }));
    if bookmark.lab.is_some() && !pairs.contains_key("model") {
        // The lab says which network comes first, when it is there.
        bookmark.model.clear();
    }
    if !pairs.contains_key("prompt") && (bookmark.lab.is_some() || model.contains('/')) {
        // The lab's own, or the network's.
        bookmark.prompt.clear();
        return (bookmark, troubles);
    }
    // A link that names a model alone opens what that model is about.
    if let Some(family) = family_of(&model).filter(|_| !pairs.contains_key("prompt")) {
        let named = (bookmark.a.take(), bookmark.b.take());
        family.ask(&mut bookmark);
        if named != (None, None) {
            (bookmark.a, bookmark.b) = named;
        }
    }
    (bookmark, troubles)
}

/// What is said of a version that this page does not read in full.
fn version_trouble(version: Option<&String>) -> Option<String> {
    match version.map(|it| it.parse::<u32>()) {
        Some(Ok(version)) if version <= LINK_VERSION => None,
        Some(Ok(version)) => Some(tr!(
            "this link is of version {version} and this page reads up to {known}; what both know was kept",
            version,
            known = LINK_VERSION
        )),
        Some(Err(_)) | None => {
            Some(tr!("this link does not say its version (v=1); what is known was kept").to_owned())
        }
    }
}

/// What of a program could not be read, and why.
fn program_troubles(pairs: &BTreeMap<String, String>) -> Vec<String> {
    let text = |name: &str| pairs.get(name).map(String::as_str);
    let mut errors = text("do").map_or_else(Vec::new, |it| read_program(it).1);
    errors.extend(text("blocks").and_then(|it| read_blocks(it).err()));
    errors.extend(text("cut").and_then(|it| read_cuts(it).err()));
    let told = |error| tr!("an intervention of the link was left out: {error}", error);
    errors.iter().map(told).collect()
}

/// Characters that a fragment may hold as they are, with what the serializer makes of them, so that
/// a program in a link can be read.
const PLAIN: [(&str, &str); 9] = [
    ("%21", "!"),
    ("%2F", "/"),
    ("%3B", ";"),
    ("%2C", ","),
    ("%7E", "~"),
    ("%40", "@"),
    ("%3A", ":"),
    ("%28", "("),
    ("%29", ")"),
];

/// What the writer of a link saw: A − B in logits at the lock. It is no part of a bookmark, for it
/// is not restored but computed anew.
const RESULT: &str = "result";

/// A link that says what its writer saw.
pub fn with_result(link: &str, result: f32) -> String {
    format!("{link}&{RESULT}={result}")
}

/// What the writer of the link saw, where it says so.
pub fn result_of(fragment: &str) -> Option<f32> {
    let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
    let mut pairs = form_urlencoded::parse(fragment.as_bytes());
    let text = pairs.find(|(name, _)| name == RESULT)?.1;
    text.parse().ok().filter(|it: &f32| it.is_finite())
}

/// As much of a text as fits a sentence.
fn clipped(text: &str) -> String {
    if text.chars().count() <= 24 {
        text.to_owned()
    } else {
        text.chars().take(23).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use trace::Program;

    use super::{
        super::{
            AttentionView, BasisView, LabPlace, LessonPlace, Painting, Place, parts::OLD_PLACES,
        },
        *,
    };
    use crate::view::{ChartKind, LensMode, Pick, Sampling};

    fn full() -> Bookmark {
        Bookmark {
            model: "tales".into(),
            digest: "abc123".into(),
            checkpoint: Some(0),
            beside: vec!["tales-hybrid".into()],
            lab: Some(LabPlace { id: "mess3".into(), in_workspace: true }),
            minus: Some([1, 2]),
            prompt: "Tom & Anna: \"100 %\" #=+\n家".into(),
            pick: Pick {
                layer: Some(2),
                head: Some(1),
                pos: Some(7),
                source: Some(3),
                depth: Some(5),
            },
            a: Some("barn".into()),
            b: Some("=".into()),
            attention: AttentionView::Steps,
            skips_first: true,
            overlay: vec![0, 3],
            lens: LensMode::Kl,
            chart: ChartKind::Rank,
            panels: [(Place::Second, "state"), (Place::Lower, "steps"), (Place::Side, "norms")]
                .map(|(place, panel)| (place, panel.to_owned()))
                .into(),
            basis: BasisView::Words,
            words: ["she".into(), "he".into()],
            sampling: Sampling { temperature: 0.7, top_k: 5, top_p: 0.9, seed: 42 },
            program: program("head.2.1 scale 0;~embed set run(\"a;b%3B~\")", Some(vec![0, 2, 2])),
            maximised: Some(Place::Lower),
            painting: Painting::Canvas,
            uses_gpu: true,
            lesson: Some(LessonPlace::Ours("states".into())),
            lesson_step: 2,
        }
    }

    fn program(text: &str, blocks: Option<Vec<usize>>) -> Program {
        let (interventions, errors) = read_program(text);
        assert_eq!(errors, []);
        Program { interventions, blocks }
    }

    #[test]
    fn labs_their_tiles_and_networks_go_through_a_link() {
        let (read, troubles) = read_link("#v=1&model=mess3/gru-2&lab=mess3&prompt=A+B&tile=2!");
        assert_eq!(troubles, Vec::<String>::new());
        assert_eq!((read.model.as_str(), read.maximised), ("mess3/gru-2", Some(Place::Tile2)));
        assert_eq!(read_link(&write_link(&read)).0, read);
        assert!(write_link(&read).contains("model=mess3/gru-2&lab=mess3&tile=2!"));
        let (aside, _) = read_link("#v=1&model=mess3/gru-2&lab=mess3&prompt=A&tile=workspace");
        assert!(aside.lab.as_ref().unwrap().in_workspace);
        assert_eq!(read_link(&write_link(&aside)).0, aside);
        let (third, troubles) = read_link("#v=1&model=mess3/gru-2&lab=mess3&prompt=A&step=3");
        assert_eq!((third.lesson_step, troubles), (2, Vec::new()));
        assert!(write_link(&third).contains("&step=3"));
        let (alone, _) = read_link("#v=1&lab=mess3");
        assert!(alone.model.is_empty() && alone.prompt.is_empty(), "the lab says what comes first");
        for broken in ["lab=a/b", "lab=", "lab=x&tile=9", "lab=x&tile=0", "tile=2", "model=a/b/c"] {
            let (_, troubles) = read_link(&format!("#v=1&model=tales&prompt=x&{broken}"));
            assert_eq!(troubles.len(), 1, "{broken}");
        }
    }

    #[test]
    fn a_column_of_another_family_is_left_out_in_words() {
        let (read, troubles) =
            read_link("#v=1&model=tales&prompt=x&beside=tales-hybrid,parity-gru");
        assert_eq!(read.beside, ["tales-hybrid"]);
        assert!(troubles[0].starts_with("“parity-gru” does not read"), "{troubles:?}");
    }

    #[test]
    fn a_program_stands_in_the_link_as_it_is_written_by_hand() {
        let text = "head.2.1 scale 0;~blocks.1.resid_post@3-5 add 4 token(barn)-token(garden)";
        let program = program(text, Some(vec![0, 1, 2, 2, 3]));
        let link = write_link(&Bookmark { program: program.clone(), ..Bookmark::default() });
        let written = "do=head.2.1+scale+0;~blocks.1.resid_post@3-5+add+4+\
            token(barn)-token(garden)&blocks=0,1,2,2,3";
        assert!(link.contains(written), "{link}");
        assert_eq!(read_link(&link).0.program, program);
    }

    #[test]
    fn old_links_with_cuts_are_programs() {
        for (old, new) in [
            ("head.2.1", "head.2.1 scale 0"),
            ("head.2.1.4", "head.2.1@4 scale 0"),
            ("step.0.3.7", "write.0.3@7 scale 0"),
            ("state.1.0.0", "carry.1.0@0 scale 0"),
            ("head.2.1-step.0.3.7", "head.2.1 scale 0;write.0.3@7 scale 0"),
        ] {
            let (bookmark, troubles) = read_link(&format!("v=1&cut={old}"));
            assert_eq!((bookmark.program, troubles), (program(new, None), Vec::new()), "{old}");
        }
        assert_eq!(read_link("v=1&cut=knee.1.2").1.len(), 1);
    }

    #[test]
    fn what_of_a_program_cannot_be_read_is_named_and_the_rest_kept() {
        let (bookmark, troubles) =
            read_link("v=1&do=mlp.0+scale+0;mlp.0+break;mlp.1+set+mean&blocks=0,x");
        assert_eq!(bookmark.program, program("mlp.0 scale 0;mlp.1 set mean", None));
        assert_eq!(troubles.len(), 2);
        assert!(troubles[0].contains("“break” is no op") && troubles[1].contains("“x” is no"));
    }

    #[test]
    fn what_is_written_is_read() {
        for bookmark in [full(), Bookmark::default()] {
            assert_eq!(read_link(&write_link(&bookmark)), (bookmark, Vec::new()));
        }
    }

    #[test]
    fn a_link_names_a_step_of_training_and_the_finished_weights_by_nothing() {
        let link = write_link(&Bookmark { checkpoint: Some(1500), ..Bookmark::default() });
        assert!(link.contains("&ckpt=1500"), "{link}");
        assert!(!write_link(&Bookmark::default()).contains("ckpt"));
        assert_eq!(read_link("v=1&model=tales&ckpt=0").0.checkpoint, Some(0));
    }

    /// The oldest version's link, as it was when it was first given out.
    #[test]
    fn a_link_of_version_1_opens() {
        let link =
            "#v=1&model=tales&prompt=Anna+put+the+lantern+in+the&layer=3&head=2&a=barn&lens=ab";
        let (bookmark, troubles) = read_link(link);
        assert!(troubles.is_empty(), "{troubles:?}");
        assert_eq!(bookmark.prompt, "Anna put the lantern in the");
        assert_eq!((bookmark.pick.layer, bookmark.pick.head), (Some(3), Some(2)));
        assert_eq!((bookmark.a.as_deref(), bookmark.lens), (Some("barn"), LensMode::Ab));
    }

    #[test]
    fn a_model_alone_opens_its_own_prompt_and_question() {
        let asked = |link: &str| {
            let (it, troubles) = read_link(link);
            assert!(troubles.is_empty(), "{troubles:?}");
            (it.prompt, it.a.unwrap_or_default(), it.b.unwrap_or_default())
        };
        let own = |prompt: &str, a: &str, b: &str| (prompt.into(), a.into(), b.into());
        let parity = own("1 0 1 1 0 1 0 0 1", "odd", "even");
        assert_eq!(asked("v=1&model=parity-gru"), parity);
        assert_eq!(asked("v=1&model=parity-mamba&layer=1&lens=kl"), parity);
        assert_eq!(read_link("v=1&model=parity-gru&layer=1").0.pick.layer, Some(1));
        let story = Bookmark::default().prompt;
        assert_eq!(asked("v=1&model=tales-hybrid"), own(&story, "", ""));
        // What a link says is so, and a folder that is not ours has no prompt of its own.
        assert_eq!(asked("v=1&model=parity-gru&prompt=1"), own("1", "", ""));
        assert_eq!(asked("v=1&model=parity-gru&prompt="), own("", "", ""));
        assert_eq!(asked("v=1&model=parity-gru&a=1"), own(&parity.0, "1", ""));
        assert_eq!(asked("v=1&model=elsewhere"), own(&story, "", ""));
    }

    #[test]
    fn old_names_of_places_and_panels_are_read() {
        let panel = |link: &str, place: Place| {
            let (it, troubles) = read_link(&format!("v=1&{link}"));
            assert!(troubles.is_empty(), "{link}: {troubles:?}");
            it.panels.get(&place).cloned()
        };
        let cases = [
            ("second=faces", Place::Second, "forms"),
            ("second=modes", Place::Second, "eigenvalues"),
            ("second=paths", Place::Second, "paths"),
            ("third=steps", Place::Lower, "steps"),
            ("lower=lens", Place::Lower, "lens"),
            ("side=writers", Place::Side, "attribution"),
            ("side=memory", Place::Side, "half-life"),
        ];
        for (link, place, expected) in cases {
            assert_eq!(panel(link, place).as_deref(), Some(expected), "{link}");
        }
        assert_eq!(panel("second=auto", Place::Second), None);
        for (text, place) in OLD_PLACES.iter().map(|it| (it.1, it.0)).chain([("side", Place::Side)])
        {
            let maximised = |text: &str| read_link(&format!("v=1&maximised={text}")).0.maximised;
            assert_eq!(maximised(text), Some(place), "{text}");
            assert_eq!(maximised(place.name()), Some(place));
        }
        assert_eq!(read_link("v=1&second=%3Cb%3E").1.len(), 1);
    }

    #[test]
    fn a_newer_link_keeps_what_it_can_and_names_the_rest() {
        let (bookmark, troubles) = read_link("v=2&prompt=Tom&hologram=on&layer=many&lens=prob");
        assert_eq!(bookmark.prompt, "Tom");
        assert_eq!(bookmark.pick.layer, None);
        let all = troubles.join("\n");
        for named in ["version 2", "hologram", "“many” is no layer"] {
            assert!(all.contains(named), "{all}");
        }
        assert_eq!(troubles.len(), 3);
    }

    #[test]
    fn a_result_travels_with_the_link_and_is_no_part_of_the_sight() {
        for result in [5.661_234_4, -0.0003, 0.0] {
            let link = with_result(&write_link(&full()), result);
            assert_eq!(result_of(&format!("#{link}")), Some(result));
            assert_eq!(read_link(&link), (full(), Vec::new()));
        }
        assert_eq!(result_of("#v=1"), None);
        let (_, troubles) = read_link("v=1&result=much");
        assert_eq!(troubles, ["“much” is no result; it was left out"]);
    }

    #[test]
    fn random_bytes_are_no_panic() {
        let mut state = 1u64;
        for _ in 0..2_000 {
            let text: String = (0..60)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    char::from_u32((state >> 33) as u32 % 0x300).unwrap_or('%')
                })
                .collect();
            let (_, troubles) = read_link(&text);
            assert!(!troubles.is_empty());
        }
    }

    #[test]
    fn columns_are_other_models_each_once_and_at_most_two() {
        let beside = |text: &str| read_link(&format!("v=1&model=one&beside={text}"));
        assert_eq!(beside("one-b,one-b,one-c").0.beside, ["one-b", "one-c"]);
        assert_eq!(
            read_link("v=1&model=tales-hybrid&beside=tales,tales-hybrid").0.beside,
            ["tales"]
        );
        for refused in ["a,b,c", "..%2Fetc", ""] {
            let (bookmark, troubles) = beside(refused);
            assert_eq!((bookmark.beside.len(), troubles.len()), (0, 1), "{refused}");
        }
    }

    #[test]
    fn numbers_outside_their_range_are_named() {
        for part in [
            "temperature=-1",
            "ckpt=-1",
            "ckpt=last",
            "topp=2",
            "pos=99999999999",
            "digest=xyz",
            "model=../etc",
            "lesson.step=0",
        ] {
            assert_eq!(read_link(&format!("v=1&{part}")).1.len(), 1, "{part}");
        }
    }
}
