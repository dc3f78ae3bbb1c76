//! Interventions in words, what can be changed at the cursor, and what a program leaves out.

use std::collections::BTreeSet;

use trace::{
    Component, Intervention, LensSite, ModelShape, Op, Part, Passes, Place, Program, Row, Site,
    Source, Span, Status, Target,
};

use super::{Cursor, block_name, number, shown_text};

/// Something that can be changed at the cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// The row of buttons in which it stands.
    pub group: &'static str,
    /// On its button.
    pub name: String,
    pub intervention: Intervention,
}

/// Length of a vector that is added to steer, until the reader drags it.
const STEER_STRENGTH: f32 = 4.0;

/// What can be changed at the cursor, whose stream stands at `site`. `pair` are the tokens A and B.
pub fn offers(
    cursor: Cursor,
    site: LensSite,
    pair: &[String; 2],
    shape: &ModelShape,
) -> Vec<Offer> {
    let mut all = ablations(cursor, shape);
    all.extend(of_state(cursor, shape));
    all.extend(steering(cursor, site, pair));
    if shape.is_recurrent(cursor.layer, cursor.head) == Some(false) {
        let pattern = Site::block(cursor.layer, Part::AttnPattern).to_string();
        let mut place = Place::all(Target::Sites(pattern.as_str().into()));
        place.heads = vec![cursor.head];
        let set = |source| Op::Set { source, strength: 1.0 };
        let rows = [
            (tr!("Freeze"), Source::Unchanged),
            (tr!("Uniform"), Source::Row(Row::Uniform)),
            (tr!("First token"), Source::Row(Row::First)),
            (tr!("Previous token"), Source::Row(Row::Previous)),
        ];
        all.extend(
            rows.map(|(name, source)| offer(text!("Pattern"), name, place.clone(), set(source))),
        );
    }
    all
}

fn offer(group: &'static str, name: impl Into<String>, place: Place, op: Op) -> Offer {
    Offer { group, name: name.into(), intervention: Intervention::new(place, op) }
}

/// Head, heads, MLP and layer, each by 0 and by its mean.
fn ablations(Cursor { layer, head, .. }: Cursor, shape: &ModelShape) -> Vec<Offer> {
    let has_head = shape.is_recurrent(layer, head).is_some();
    let parts = [
        (has_head, Component::Head, Some(head), tr!("Head {layer}.{head}", layer, head)),
        (true, Component::Heads, None, tr!("All heads of L{layer}", layer)),
        (shape.has_mlp, Component::Mlp, None, tr!("MLP of L{layer}", layer)),
        (true, Component::Layer, None, tr!("Layer {layer}", layer)),
    ];
    let zero = || Op::Scale { factor: 0.0 };
    let mean = || Op::Set { source: Source::Mean, strength: 1.0 };
    let mut all = Vec::new();
    for (has, component, head, name) in parts {
        if has {
            let place = Place::all(Target::part(component, layer, head));
            all.push(offer(text!("Ablate: 0"), name.clone(), place.clone(), zero()));
            all.push(offer(text!("Ablate: mean"), name, place, mean()));
        }
    }
    all.sort_by_key(|it| it.group == text!("Ablate: mean"));
    all
}

/// Of a recurrent head at the cursor's token.
fn of_state(Cursor { layer, head, pos, .. }: Cursor, shape: &ModelShape) -> Vec<Offer> {
    if shape.is_recurrent(layer, head) != Some(true) {
        return Vec::new();
    }
    let ssm = shape.mixers.get(layer).and_then(|it| it.ssm.as_ref());
    let has_write = ssm.is_some_and(|it| it.step.is_some() || it.has_matrix);
    let parts = [
        (has_write, Component::Write, tr!("Skip token (write)")),
        (true, Component::State, tr!("Clear state here (state)")),
        (true, Component::Carry, tr!("Forget up to here (carry)")),
    ];
    let of = |(_, component, name)| {
        let place = Place::all(Target::part(component, layer, Some(head))).at(pos);
        offer(text!("State"), name, place, Op::Scale { factor: 0.0 })
    };
    parts.into_iter().filter(|it| it.0).map(of).collect()
}

/// Of the stream at the cursor's depth and token.
fn steering(cursor: Cursor, site: LensSite, [a, b]: &[String; 2]) -> Vec<Offer> {
    let site = site_of(site);
    let place = || Place::all(Target::Sites(site.as_str().into())).at(cursor.pos);
    let toward = || Source::Difference { a: a.clone(), b: b.clone() };
    let strength = STEER_STRENGTH;
    let names = [a, b].map(|it| shown_text(it));
    let [shown_a, shown_b] = &names;
    let difference = format!("{shown_a} − {shown_b}");
    vec![
        offer(text!("Steer"), difference.clone(), place(), Op::Add { source: toward(), strength }),
        offer(
            text!("Steer"),
            tr!("toward {token}", token = shown_a),
            place(),
            Op::Add { source: Source::Token { token: a.clone() }, strength },
        ),
        offer(
            text!("Steer"),
            tr!("project out {difference}", difference),
            place(),
            Op::ProjectOut { source: toward(), strength: 1.0 },
        ),
        offer(
            text!("Steer"),
            tr!("clamp {difference} to 0", difference),
            place(),
            Op::Clamp { low: 0.0, high: 0.0, along: Some(toward()) },
        ),
    ]
}

/// The name of the site where the lens reads.
fn site_of(site: LensSite) -> String {
    match site {
        LensSite::Embed => "blocks.0.resid_pre".to_owned(),
        LensSite::Mid { layer, pass } => {
            Site::Block { layer, pass, part: Part::ResidMid }.to_string()
        }
        LensSite::Post { layer, pass } => {
            Site::Block { layer, pass, part: Part::ResidPost }.to_string()
        }
    }
}

/// An intervention as a sentence. What is dragged, its strength, is not part of it.
pub fn sentence(it: &Intervention, labels: &[String]) -> String {
    let place = place_in_words(&it.place, labels);
    let component = match it.place.target {
        Target::Part { component, .. } => Some(component),
        Target::Sites(_) => None,
    };
    match (&it.op, component) {
        (Op::Scale { factor: 0.0 }, Some(Component::Write)) => tr!("Skip token: {place}", place),
        (Op::Scale { factor: 0.0 }, Some(Component::State)) => tr!("Clear {place}", place),
        (Op::Scale { factor: 0.0 }, Some(Component::Carry)) => tr!("Forget: {place}", place),
        (Op::Scale { factor: 0.0 }, _) => tr!("Ablate {place}: 0", place),
        (Op::Scale { .. }, _) => tr!("Scale {place}", place),
        (Op::Set { source: Source::Zero, .. }, _) => tr!("Ablate {place}: 0", place),
        (Op::Set { source: Source::Mean, .. }, _) => tr!("Ablate {place}: mean", place),
        (Op::Set { source: Source::Unchanged, .. }, _) => tr!("Freeze {place}", place),
        (Op::Set { source: Source::Run { prompt }, .. }, _) => {
            tr!("Patch {place} from “{prompt}”", place, prompt = shown_text(prompt))
        }
        (Op::Set { source, .. }, _) => {
            tr!("Set {place}: {source}", place, source = source_in_words(source))
        }
        (Op::Add { source, .. }, _) => {
            tr!("Steer {place}: {source}", place, source = source_in_words(source))
        }
        (Op::ProjectOut { source, .. }, _) => {
            tr!("Project {source} out of {place}", source = source_in_words(source), place)
        }
        (Op::Clamp { low, high, along }, _) => {
            let [low, high] = [*low, *high].map(number);
            match along.as_ref().map(source_in_words) {
                Some(source) => tr!(
                    "Clamp {place} along {source} from {low} to {high}",
                    place,
                    source,
                    low,
                    high
                ),
                None => tr!("Clamp {place} from {low} to {high}", place, low, high),
            }
        }
        (Op::Hide { keys }, _) => {
            tr!("Hide keys {keys} from {place}", keys = spans(keys, labels), place)
        }
    }
}

fn place_in_words(place: &Place, labels: &[String]) -> String {
    let heads: Vec<String> = place.heads.iter().map(usize::to_string).collect();
    let target = match &place.target {
        Target::Sites(pattern) => pattern.as_str().to_owned(),
        Target::Part { component, layer, pass, head } => {
            let block = match pass {
                Passes::One(pass) => block_name(*layer, *pass),
                Passes::All => tr!("L{layer}, every pass", layer),
            };
            let head = head.map_or_else(String::new, |it| it.to_string());
            match component {
                Component::Head => tr!("head {head} of {block}", head, block),
                Component::Heads => tr!("all heads of {block}", block),
                Component::Mlp => tr!("MLP of {block}", block),
                Component::Layer => tr!("layer {block}", block),
                Component::Write => tr!("write of head {head} of {block}", head, block),
                Component::State => tr!("state of head {head} of {block}", head, block),
                Component::Carry => tr!("carried state of head {head} of {block}", head, block),
            }
        }
    };
    let target = match &heads[..] {
        [] => target,
        [head] => tr!("{target}, head {head}", target, head),
        _ => tr!("{target}, heads {heads}", target, heads = heads.join(", ")),
    };
    if place.positions.is_empty() {
        return target;
    }
    tr!("{target} at {positions}", target, positions = spans(&place.positions, labels))
}

fn spans(all: &[Span], labels: &[String]) -> String {
    let word = |pos: usize| labels.get(pos).map_or_else(String::new, |it| format!("“{it}” "));
    let one = |span: &Span| match *span {
        Span::One(pos) => format!("{}{pos}", word(pos)),
        Span::Through(from, to) => format!("{from}–{to}"),
        Span::From(from) => tr!("{from} on", from),
        Span::Last => tr!("the last token").to_owned(),
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn source_in_words(source: &Source) -> String {
    match source {
        Source::Zero => "0".to_owned(),
        Source::Mean => tr!("mean").to_owned(),
        Source::Unchanged => tr!("the unchanged run").to_owned(),
        Source::Run { prompt } => tr!("the run of “{prompt}”", prompt = shown_text(prompt)),
        Source::Token { token } => shown_text(token),
        Source::Difference { a, b } => format!("{} − {}", shown_text(a), shown_text(b)),
        Source::Axis { number } => tr!("axis {number}", number),
        Source::Row(Row::Uniform) => tr!("uniform").to_owned(),
        Source::Row(Row::First) => tr!("first token").to_owned(),
        Source::Row(Row::Own) => tr!("itself").to_owned(),
        Source::Row(Row::Previous) => tr!("previous token").to_owned(),
        Source::Row(Row::Key(key)) => tr!("key {key}", key),
        Source::Fact { fact, value } => {
            let value: Vec<String> = value.iter().map(|it| number(*it)).collect();
            format!("{fact} {}", value.join(", "))
        }
    }
}

/// What a run says of an intervention that was not made.
pub fn status_in_words(status: &Status) -> Option<String> {
    match status {
        Status::Made | Status::Off => None,
        Status::Waiting { pos } => Some(tr!("waiting for token {pos}", pos)),
        Status::Failed(trouble) => Some(tr!("not made: {trouble}", trouble)),
        Status::Unfitted { fact } => Some(tr!("waiting for a probe of {fact}", fact)),
    }
}

/// Bounds and step of an intervention's slider, where it has a strength.
pub fn slider(it: &Intervention) -> Option<[f32; 3]> {
    let strength = it.strength()?;
    let [low, high, step]: [f32; 3] = match it.op {
        Op::Scale { .. } => [0.0, 2.0, 0.05],
        Op::Add { .. } => [-20.0, 20.0, 0.5],
        _ => [0.0, 1.0, 0.05],
    };
    Some([low.min(strength), high.max(strength), step])
}

/// What a program leaves out of a network: heads and MLPs by layer, as they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    pub heads: BTreeSet<[usize; 2]>,
    pub mlps: BTreeSet<usize>,
    /// Blocks that do not run.
    pub blocks: BTreeSet<usize>,
}

/// Heads, MLPs and blocks that are ablated at every position.
pub fn left_out(program: &Program, shape: &ModelShape) -> LeftOut {
    let mut out = LeftOut::default();
    if let Some(order) = &program.blocks {
        out.blocks = (0..shape.n_layers).filter(|it| !order.contains(it)).collect();
    }
    for it in program.interventions.iter().filter(|it| it.is_on && is_ablation(it)) {
        let Target::Part { component, layer, head, .. } = it.place.target else {
            leave_out_sites(&mut out, &it.place, shape);
            continue;
        };
        let all = heads_of(layer, shape);
        match component {
            Component::Head => out.heads.extend(head.map(|it| [layer, it])),
            Component::Heads => out.heads.extend(all),
            Component::Mlp => drop(out.mlps.insert(layer)),
            Component::Layer => {
                out.heads.extend(all);
                out.mlps.insert(layer);
            }
            Component::Write | Component::State | Component::Carry => {}
        }
    }
    let skipped: Vec<usize> = out.blocks.iter().copied().collect();
    for layer in skipped {
        out.heads.extend(heads_of(layer, shape));
        out.mlps.insert(layer);
    }
    out
}

/// Whether it takes out all that its place says, everywhere.
fn is_ablation(it: &Intervention) -> bool {
    let is_out = match &it.op {
        Op::Scale { factor } => *factor == 0.0,
        Op::Set { source: Source::Zero | Source::Mean, strength } => *strength == 1.0,
        _ => false,
    };
    is_out && it.place.positions.is_empty()
}

fn leave_out_sites(out: &mut LeftOut, place: &Place, shape: &ModelShape) {
    let Target::Sites(pattern) = &place.target else { return };
    for layer in 0..shape.n_layers {
        let hits = |part: Part| pattern.matches(Site::block(layer, part));
        let n_attention = shape.mixers.get(layer).map_or(0, |it| it.n_attention_heads);
        if hits(Part::AttnZ) || hits(Part::AttnResult) || hits(Part::AttnOut) {
            let own =
                (0..n_attention).filter(|it| place.heads.is_empty() || place.heads.contains(it));
            out.heads.extend(own.map(|head| [layer, head]));
        }
        if place.heads.is_empty() && (hits(Part::SsmZ) || hits(Part::SsmOut)) {
            out.heads.extend(heads_of(layer, shape).filter(|it| n_attention <= it[1]));
        }
        if hits(Part::MlpOut) || hits(Part::MlpAct) {
            out.mlps.insert(layer);
        }
    }
}

fn heads_of(layer: usize, shape: &ModelShape) -> impl Iterator<Item = [usize; 2]> {
    let mixer = shape.mixers.get(layer);
    let count =
        mixer.map_or(0, |it| it.n_attention_heads + it.ssm.as_ref().map_or(0, |it| it.n_heads));
    (0..count).map(move |head| [layer, head])
}

/// The order of blocks without block `layer`; `None` where nothing would be left.
pub fn skipped(order: &[usize], layer: usize) -> Option<Vec<usize>> {
    let left: Vec<usize> = order.iter().copied().filter(|it| *it != layer).collect();
    (!left.is_empty() && left.len() < order.len()).then_some(left)
}

/// The order in which block `layer` runs once more after its last pass.
pub fn repeated(order: &[usize], layer: usize) -> Option<Vec<usize>> {
    let last = order.iter().rposition(|it| *it == layer)?;
    let mut again = order.to_vec();
    again.insert(last + 1, layer);
    (again.len() <= trace::MOST_BLOCKS).then_some(again)
}

/// The order in which the first pass through `layer` and the block after it change places.
pub fn swapped(order: &[usize], layer: usize) -> Option<Vec<usize>> {
    let first = order.iter().position(|it| *it == layer)?;
    let mut other = order.to_vec();
    (first + 1 < other.len()).then(|| other.swap(first, first + 1))?;
    Some(other)
}

#[cfg(test)]
mod tests {
    use trace::{MixerShape, SsmKind, SsmShape, Trouble, WriteStep, read_program};

    use super::*;

    fn shape() -> ModelShape {
        let attention = MixerShape { n_attention_heads: 2, ..MixerShape::default() };
        let ssm = SsmShape {
            kind: SsmKind::Mamba,
            n_heads: 2,
            together: 3,
            d_value: 1,
            n_slots: 4,
            state_size: 24,
            has_matrix: true,
            step: Some(WriteStep::Delta),
            has_decay: true,
        };
        let both = MixerShape { ssm: Some(ssm), ..attention.clone() };
        let mixers = vec![attention, both];
        ModelShape { n_layers: 2, n_heads: 4, mixers, has_mlp: true, ..ModelShape::default() }
    }

    fn program(text: &str) -> Program {
        let (interventions, errors) = read_program(text);
        assert_eq!(errors, []);
        Program { interventions, blocks: None }
    }

    fn said(text: &str) -> String {
        let labels = ["⟨bos⟩", "Anna", "put"].map(str::to_owned);
        sentence(&program(text).interventions[0], &labels)
    }

    #[test]
    fn every_kind_is_a_sentence() {
        for (text, expected) in [
            ("head.2.1 scale 0", "Ablate head 1 of L2: 0"),
            ("heads.0 set mean", "Ablate all heads of L0: mean"),
            ("mlp.1 scale 0.5", "Scale MLP of L1"),
            ("layer.1#2 set zero", "Ablate layer L1#2: 0"),
            ("write.0.3@2 scale 0", "Skip token: write of head 3 of L0 at “put” 2"),
            ("state.0.3@9 scale 0", "Clear state of head 3 of L0 at 9"),
            ("carry.0.3@1 scale 0", "Forget: carried state of head 3 of L0 at “Anna” 1"),
            ("blocks.1.attn.pattern:0,2 freeze", "Freeze blocks.1.attn.pattern, heads 0, 2"),
            (
                "blocks.1.attn.pattern:0 set previous",
                "Set blocks.1.attn.pattern, head 0: previous token",
            ),
            ("blocks.1.attn.pattern hide 0", "Hide keys “⟨bos⟩” 0 from blocks.1.attn.pattern"),
            (
                "blocks.1.resid_post@last add 4 token(barn)-token(<unk>)",
                "Steer blocks.1.resid_post at the last token: barn − ⟨unk⟩",
            ),
            ("embed project-out axis(1)", "Project axis 1 out of embed"),
            (
                "embed@1-2 clamp -1 1 along axis(2)",
                "Clamp embed at 1–2 along axis 2 from −1.00 to 1.00",
            ),
            ("embed set run(\"Tom\")", "Patch embed from “Tom”"),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_offered_is_what_the_place_has() {
        let pair = ["barn", "garden"].map(str::to_owned);
        let offered = |layer, head| {
            let cursor = Cursor { layer, head, pos: 2, ..Cursor::default() };
            offers(cursor, LensSite::post(layer), &pair, &shape())
        };
        let texts = |layer, head| -> Vec<String> {
            offered(layer, head).iter().map(|it| it.intervention.to_string()).collect()
        };
        let attention = texts(0, 1);
        for text in [
            "head.0.1 scale 0",
            "head.0.1 set mean",
            "heads.0 scale 0",
            "mlp.0 set mean",
            "layer.0 scale 0",
            "blocks.0.resid_post@2 add 4 token(barn)-token(garden)",
            "blocks.0.resid_post@2 clamp 0 0 along token(barn)-token(garden)",
            "blocks.0.attn.pattern:1 freeze",
        ] {
            assert!(attention.iter().any(|it| it == text), "{text}: {attention:?}");
        }
        assert!(!attention.iter().any(|it| it.starts_with("write") || it.starts_with("state")));
        let recurrent = texts(1, 3);
        for text in ["write.1.3@2 scale 0", "state.1.3@2 scale 0", "carry.1.3@2 scale 0"] {
            assert!(recurrent.iter().any(|it| it == text), "{text}: {recurrent:?}");
        }
        assert!(!recurrent.iter().any(|it| it.contains("pattern")));
        // No head there at all.
        assert!(!texts(0, 3).iter().any(|it| it.starts_with("head.")));
        // Buttons that stand in one row are told apart by their names.
        let all = offered(1, 3);
        for one in &all {
            let same = all.iter().filter(|it| (it.group, &it.name) == (one.group, &one.name));
            assert_eq!(same.count(), 1, "{one:?}");
        }
    }

    #[test]
    fn what_is_left_out_is_what_is_ablated_everywhere() {
        let out = |text: &str| left_out(&program(text), &shape());
        assert_eq!(out("head.1.3 scale 0").heads, BTreeSet::from([[1, 3]]));
        assert_eq!(out("heads.0 set mean").heads, BTreeSet::from([[0, 0], [0, 1]]));
        assert_eq!(out("blocks.*.attn.z:1 set zero").heads, BTreeSet::from([[0, 1], [1, 1]]));
        let layer = out("layer.1 scale 0");
        assert_eq!((layer.heads.len(), layer.mlps), (4, BTreeSet::from([1])));
        assert_eq!(out("blocks.1.mlp.out scale 0").mlps, BTreeSet::from([1]));
        for text in [
            "~head.1.3 scale 0",
            "head.1.3 scale 0.5",
            "head.1.3@2 scale 0",
            "head.1.3 set 0.5 mean",
            "write.1.3@2 scale 0",
            "blocks.0.attn.pattern freeze",
        ] {
            assert_eq!(out(text), LeftOut::default(), "{text}");
        }
        let skips = Program { blocks: Some(vec![1]), ..Program::default() };
        let skips = left_out(&skips, &shape());
        assert_eq!(skips.blocks, BTreeSet::from([0]));
        assert_eq!((skips.heads.len(), skips.mlps), (2, BTreeSet::from([0])));
    }

    #[test]
    fn blocks_are_skipped_repeated_and_swapped() {
        let order = [0, 1, 2, 2];
        assert_eq!(skipped(&order, 2), Some(vec![0, 1]));
        assert_eq!(skipped(&order, 5), None);
        assert_eq!(skipped(&[1], 1), None, "one must run");
        assert_eq!(repeated(&order, 1), Some(vec![0, 1, 1, 2, 2]));
        assert_eq!(repeated(&order, 3), None);
        assert_eq!(repeated(&[0; trace::MOST_BLOCKS], 0), None);
        assert_eq!(swapped(&order, 0), Some(vec![1, 0, 2, 2]));
        assert_eq!(swapped(&[0, 1], 1), None);
    }

    #[test]
    fn a_slider_holds_its_value() {
        let of = |text: &str| slider(&program(text).interventions[0]);
        assert_eq!(of("mlp.0 scale 0.5"), Some([0.0, 2.0, 0.05]));
        assert_eq!(of("mlp.0 scale -3"), Some([-3.0, 2.0, 0.05]));
        assert_eq!(of("embed add 40 axis(1)"), Some([-20.0, 40.0, 0.5]));
        assert_eq!(of("mlp.0 set mean"), Some([0.0, 1.0, 0.05]));
        assert_eq!(of("mlp.0 clamp 0 1"), None);
    }

    #[test]
    fn what_was_not_made_says_why() {
        assert_eq!(status_in_words(&Status::Made), None);
        assert_eq!(status_in_words(&Status::Waiting { pos: 9 }).unwrap(), "waiting for token 9");
        let unfitted = Status::Unfitted { fact: "belief".to_owned() };
        assert_eq!(status_in_words(&unfitted).unwrap(), "waiting for a probe of belief");
        let failed = Status::Failed(Trouble::NoLayer { layer: 9, last: 3 });
        assert!(status_in_words(&failed).unwrap().contains("none with number 9"));
    }
}
