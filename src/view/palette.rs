//! The colours of data. The only place besides `www/style.css` that knows a colour.

/// A colour with opacity, each channel 0..=255, not premultiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgba(pub [u8; 4]);

impl Rgba {
    /// An opaque colour from `0xRRGGBB`.
    pub const fn hex(code: u32) -> Self {
        Self([(code >> 16) as u8, (code >> 8) as u8, code as u8, 255])
    }

    /// The same colour with another opacity, 0..=1.
    pub fn with_alpha(self, alpha: f32) -> Self {
        let [red, green, blue, _] = self.0;
        Self([red, green, blue, (alpha.clamp(0.0, 1.0) * 255.0).round() as u8])
    }

    /// As CSS and SVG write it.
    pub fn css(self) -> String {
        let [red, green, blue, alpha] = self.0;
        if alpha == 255 {
            format!("#{red:02x}{green:02x}{blue:02x}")
        } else {
            format!("rgba({red},{green},{blue},{:.3})", f32::from(alpha) / 255.0)
        }
    }
}

/// Which of the two looks of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Light,
    Dark,
}

/// The colours of one theme, as `www/tokens.css` has them.
///
/// Data is colour, the cursor is ink. The far end of a ramp is the end farthest from the paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Palette {
    /// The paper.
    pub background: Rgba,
    /// Text and cursor.
    pub ink: Rgba,
    /// Secondary text.
    pub ink_2: Rgba,
    /// Ticks, axes, captions.
    pub ink_3: Rgba,
    /// Hairlines between panels.
    pub line: Rgba,
    /// Stronger hairlines.
    pub line_2: Rgba,
    /// The token A of the A-vs-B question.
    pub a: Rgba,
    /// The token B.
    pub b: Rgba,
    /// The sequential ramp, from the paper outward.
    pub seq_stops: [Rgba; 9],
    /// The diverging ramp, from -1 by way of the paper to 1.
    pub div_stops: [Rgba; 11],
    /// Hues for kinds, told apart under common colour blindness.
    pub cat: [Rgba; 8],
}

impl Palette {
    /// The colours of `theme`.
    pub fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
        }
    }

    /// The sequential ramp at `t` in 0..=1; 0 is the end next to the paper.
    pub fn seq(&self, t: f32) -> Rgba {
        between(&self.seq_stops, t)
    }

    /// The diverging ramp at `t` in -1..=1; 0 is the paper, 1 leans to A and -1 to B.
    pub fn div(&self, t: f32) -> Rgba {
        between(&self.div_stops, (t + 1.0) / 2.0)
    }
}

/// Black or white, whichever reads better on `fill` taken as opaque: at least 4.5 to 1.
///
/// # Source
/// WCAG 2.2, contrast ratio and relative luminance.
pub fn ink_on(fill: Rgba) -> Rgba {
    let luminance = luminance(fill);
    if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) { BLACK } else { WHITE }
}

const BLACK: Rgba = Rgba::hex(0x000000);
const WHITE: Rgba = Rgba::hex(0xffffff);

const LIGHT: Palette = Palette {
    background: Rgba::hex(0xfcfcfb),
    ink: Rgba::hex(0x15181b),
    ink_2: Rgba::hex(0x474d53),
    ink_3: Rgba::hex(0x666d74),
    line: Rgba::hex(0xe2e2de),
    line_2: Rgba::hex(0xc4c5c0),
    a: Rgba::hex(0xa64b05),
    b: Rgba::hex(0x2457a8),
    seq_stops: ramp([
        0xedf8f9, 0xbce1e5, 0x89cad4, 0x5ab0c4, 0x3b93b3, 0x1f77a1, 0x1b5a88, 0x1b3f6b, 0x16264d,
    ]),
    div_stops: ramp([
        0x144a95, 0x376db1, 0x5a91cc, 0x88b3e1, 0xbcd3ec, 0xf1f4f6, 0xefcfb7, 0xe5ab7c, 0xcf864b,
        0xae612a, 0x8d3d00,
    ]),
    cat: ramp([0x0098bb, 0x742300, 0x5e6cbc, 0xae6b7b, 0x527516, 0x5b276e, 0x9a851f, 0x51585f]),
};

const DARK: Palette = Palette {
    background: Rgba::hex(0x111417),
    ink: Rgba::hex(0xeceeef),
    ink_2: Rgba::hex(0xb3bac0),
    ink_3: Rgba::hex(0x8d959d),
    line: Rgba::hex(0x272d32),
    line_2: Rgba::hex(0x434b53),
    a: Rgba::hex(0xf0a257),
    b: Rgba::hex(0x84b4f4),
    seq_stops: ramp([
        0x151a1e, 0x1a2e3e, 0x1e4260, 0x235a82, 0x28779d, 0x2e97b5, 0x52b8c7, 0x83d8d7, 0xb5f8ea,
    ]),
    div_stops: ramp([
        0x9cd1fe, 0x6da7e0, 0x447ebf, 0x2c5a8f, 0x233a54, 0x191c1f, 0x49301e, 0x784522, 0xa76330,
        0xd28c4c, 0xfdb769,
    ]),
    cat: ramp([0x06b0ac, 0xffb26f, 0x6288d6, 0xa8699a, 0x73903f, 0xb9a4fc, 0xb99a31, 0xcad4dc]),
};

const fn ramp<const N: usize>(codes: [u32; N]) -> [Rgba; N] {
    let mut stops = [BLACK; N];
    let mut index = 0;
    while index < N {
        stops[index] = Rgba::hex(codes[index]);
        index += 1;
    }
    stops
}

/// The colour at `t` in 0..=1 along `stops`, which are already even in OKLab.
///
/// Transparent where `t` is NaN: a missing value must not look like a measured one.
fn between(stops: &[Rgba], t: f32) -> Rgba {
    let place = t.clamp(0.0, 1.0) * (stops.len() - 1) as f32;
    let index = (place as usize).min(stops.len() - 2);
    let part = place - index as f32;
    let (Rgba(near), Rgba(far)) = (stops[index], stops[index + 1]);
    Rgba(std::array::from_fn(|channel| {
        let [near, far] = [near, far].map(|it| f32::from(it[channel]));
        (near + (far - near) * part).round() as u8
    }))
}

fn luminance(Rgba([red, green, blue, _]): Rgba) -> f32 {
    let [red, green, blue] = [red, green, blue].map(|byte| {
        let part = f32::from(byte) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSS: &str = include_str!("../../www/tokens.css");

    /// The colour that `block` gives the custom property `name`.
    fn token(block: &str, name: &str) -> Rgba {
        let start = block.find(&format!("--{name}:")).unwrap_or_else(|| panic!("no --{name}"));
        let value = block[start..].split_once('#').unwrap().1;
        Rgba::hex(u32::from_str_radix(&value[..6], 16).unwrap())
    }

    fn palette_in(block: &str) -> Palette {
        Palette {
            background: token(block, "bg"),
            ink: token(block, "ink"),
            ink_2: token(block, "ink-2"),
            ink_3: token(block, "ink-3"),
            line: token(block, "line"),
            line_2: token(block, "line-2"),
            a: token(block, "a"),
            b: token(block, "b"),
            seq_stops: std::array::from_fn(|stop| token(block, &format!("seq-{stop}"))),
            div_stops: std::array::from_fn(|stop| token(block, &format!("div-{stop}"))),
            cat: std::array::from_fn(|hue| token(block, &format!("cat-{}", hue + 1))),
        }
    }

    #[test]
    fn the_style_sheet_has_the_same_colours() {
        let blocks: Vec<&str> = CSS.split("\n  color-scheme:").skip(1).collect();
        assert_eq!(blocks.len(), 3, "light, dark, and dark by the system's wish");
        for block in blocks {
            let theme = if block.starts_with(" dark") { Theme::Dark } else { Theme::Light };
            assert_eq!(*Palette::of(theme), palette_in(block), "{theme:?}");
        }
    }

    #[test]
    fn ramps_go_through_their_stops_and_stay_within_their_ends() {
        for palette in [Theme::Light, Theme::Dark].map(Palette::of) {
            for (stop, &colour) in palette.seq_stops.iter().enumerate() {
                assert_eq!(palette.seq(stop as f32 / 8.0), colour);
            }
            for (stop, &colour) in palette.div_stops.iter().enumerate() {
                assert_eq!(palette.div(stop as f32 / 5.0 - 1.0), colour);
            }
            assert_eq!(palette.seq(7.0), palette.seq_stops[8]);
            assert_eq!(palette.seq(-7.0), palette.seq_stops[0]);
            assert_eq!(palette.div(f32::NEG_INFINITY), palette.div_stops[0]);
        }
    }

    #[test]
    fn what_is_no_number_has_no_colour() {
        assert_eq!(Palette::of(Theme::Dark).seq(f32::NAN).0[3], 0);
        assert_eq!(Palette::of(Theme::Light).div(f32::NAN).0[3], 0);
    }

    #[test]
    fn halfway_between_two_stops_is_their_mean() {
        assert_eq!(Palette::of(Theme::Light).seq(1.0 / 16.0), Rgba::hex(0xd5edef));
    }

    #[test]
    fn ink_reads_on_every_colour_of_data() {
        let ts = || (0..=200).map(|step| step as f32 / 100.0 - 1.0);
        for palette in [Theme::Light, Theme::Dark].map(Palette::of) {
            for fill in ts().flat_map(|t| [palette.seq(t), palette.div(t)]) {
                let [ink, fill] = [ink_on(fill), fill].map(luminance);
                let contrast = (ink.max(fill) + 0.05) / (ink.min(fill) + 0.05);
                assert!(contrast >= 4.5, "{contrast}");
            }
        }
        assert_eq!([WHITE, BLACK].map(ink_on), [BLACK, WHITE]);
    }

    #[test]
    fn css_tells_opacity_only_where_there_is_some() {
        assert_eq!(Rgba::hex(0x0a0b0c).css(), "#0a0b0c");
        assert_eq!(Rgba::hex(0x0a0b0c).with_alpha(0.5).css(), "rgba(10,11,12,0.502)");
    }
}
