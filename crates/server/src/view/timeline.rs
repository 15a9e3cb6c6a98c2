//! Drawings over years: under which names a fact was kept and where it breaks, how complete it is, how
//! many persons it is known of. Small server-made drawings; the same stands beside them as a table.

use std::fmt::Write as _;

use super::chart::escape;

const LANE_HEIGHT: f64 = 34.0;
const AXIS_HEIGHT: f64 = 26.0;
const TICKS_MAX: i16 = 8;
const PLOT_HEIGHT: f64 = 120.0;
/// Height of a held column, the same for all, so that it hints at no value.
const HELD_HEIGHT: f64 = 28.0;

/// What a drawing is called, and the sentence that says what is to be seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Title<'a> {
    /// Begins the ids in the drawing; one of its kind on a page.
    pub(crate) id: &'a str,
    /// Name.
    pub(crate) name: &'a str,
    /// What is to be seen.
    pub(crate) sentence: &'a str,
}

/// A name under which a fact was kept.
#[derive(Debug, Clone)]
pub(crate) struct LaneBar {
    /// Name of the variable.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) place: String,
    /// First year.
    pub(crate) from: i16,
    /// Last year, if it ended.
    pub(crate) to: Option<i16>,
    /// Whether it is the variable of the page.
    pub(crate) current: bool,
}

/// A code system in use.
#[derive(Debug, Clone)]
pub(crate) struct Strip {
    /// Name.
    pub(crate) name: String,
    /// First year, where there was another before.
    pub(crate) from: Option<i16>,
    /// Last year, where another came after.
    pub(crate) to: Option<i16>,
}

/// Years and where they are drawn.
struct Axis {
    first: i16,
    last: i16,
    left: f64,
    width: f64,
}

impl Axis {
    fn x(&self, year: f64) -> f64 {
        let span = f64::from(self.last - self.first).max(1.0);
        self.left + (year - f64::from(self.first)) / span * self.width
    }

    fn year(&self, year: i16) -> f64 {
        self.x(f64::from(year))
    }

    /// Labelled years: at most eight, at whole fives or tens.
    fn ticks(&self) -> Vec<i16> {
        let span = self.last - self.first;
        let steps = [1, 2, 5, 10, 20, 50];
        let most = if self.width < 400.0 { 4 } else { TICKS_MAX };
        let step = steps
            .into_iter()
            .find(|step| span / step <= most)
            .unwrap_or(100);
        (self.first..=self.last)
            .filter(|year| year % step == 0)
            .collect()
    }

    fn draw(&self, svg: &mut String, (top, bottom): (f64, f64)) {
        for year in self.ticks() {
            let x = self.year(year);
            push(
                svg,
                format_args!(
                    "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top:.0}\" y2=\"{bottom:.0}\" stroke=\"#E3E8EA\"/><text x=\"{x:.1}\" y=\"{:.0}\" font-size=\"13\" fill=\"#4A5761\" text-anchor=\"middle\">{year}</text>",
                    bottom + 18.0
                ),
            );
        }
    }
}

/// Names over time, code systems above them, breaks as numbered lines through all of them.
pub(crate) fn history(
    title: Title<'_>,
    lanes: &[LaneBar],
    (strips, breaks): (&[Strip], &[i16]),
    this_year: i16,
) -> String {
    let first = lanes
        .iter()
        .map(|lane| lane.from)
        .min()
        .unwrap_or(this_year - 10);
    let last = breaks.iter().copied().fold(this_year, i16::max) + 1;
    let axis = Axis {
        first,
        last,
        left: 200.0,
        width: 520.0,
    };
    let top = if strips.is_empty() { 30.0 } else { 56.0 };
    #[expect(clippy::cast_precision_loss, reason = "a drawing has a few lanes")]
    let bottom = top + lanes.len() as f64 * LANE_HEIGHT;
    let mut svg = begin(title, (730.0, bottom + AXIS_HEIGHT));
    axis.draw(&mut svg, (top, bottom));
    for strip in strips {
        let from = axis.year(strip.from.unwrap_or(first));
        let to = axis.year(strip.to.map_or(last, |year| year + 1));
        push(
            &mut svg,
            format_args!(
                "<rect x=\"{from:.1}\" y=\"40\" width=\"{:.1}\" height=\"10\" fill=\"{}\"/><text x=\"{:.1}\" y=\"34\" font-size=\"13\" fill=\"#6A5930\">{}</text>",
                to - from,
                if strip.to.is_some() {
                    "#F2ECDF"
                } else {
                    "#DCD0B8"
                },
                from + 2.0,
                escape(&strip.name)
            ),
        );
    }
    let mut y = top;
    for lane in lanes {
        draw_lane(&mut svg, lane, (&axis, y));
        y += LANE_HEIGHT;
    }
    for (at, year) in breaks.iter().enumerate() {
        let x = axis.year(*year);
        push(
            &mut svg,
            format_args!(
                "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"22\" y2=\"{bottom:.0}\" stroke=\"#B04E0F\" stroke-width=\"1.5\" stroke-dasharray=\"3 3\"/><circle cx=\"{x:.1}\" cy=\"11\" r=\"10\" fill=\"#B04E0F\"/><text x=\"{x:.1}\" y=\"15.5\" font-size=\"13\" font-weight=\"600\" fill=\"#fff\" text-anchor=\"middle\">{}</text>",
                at + 1
            ),
        );
    }
    svg.push_str("</svg>");
    svg
}

fn draw_lane(svg: &mut String, lane: &LaneBar, (axis, y): (&Axis, f64)) {
    let from = axis.year(lane.from);
    let to = axis.year(lane.to.map_or(axis.last, |year| year + 1));
    let colour = if lane.current { "#00627A" } else { "#0B3445" };
    let weight = if lane.current { 600 } else { 400 };
    push(
        svg,
        format_args!(
            "<rect x=\"{from:.1}\" y=\"{:.0}\" width=\"{:.1}\" height=\"24\" fill=\"{colour}\"/><text x=\"190\" y=\"{:.0}\" font-size=\"13\" fill=\"#17212B\" text-anchor=\"end\" font-weight=\"{weight}\"><tspan font-family=\"IBM Plex Mono, monospace\">{}</tspan> <tspan fill=\"#4A5761\" font-weight=\"400\">{}</tspan></text>",
            y + 5.0,
            (to - from).max(3.0),
            y + 22.0,
            escape(&lane.name),
            escape(&lane.place)
        ),
    );
}

/// Per cent of rows with a value, year by year; the line is cut at breaks and where nothing is told.
pub(crate) fn completeness(
    title: Title<'_>,
    years: &[(i16, Option<u8>)],
    breaks: &[i16],
    width: f64,
) -> Option<String> {
    let known = || years.iter().filter_map(|(_, percent)| *percent);
    let least = known().min()?;
    let (axis, mut svg) = begin_plot(title, years.first()?.0, years.last()?.0, width);
    let floor = f64::from(least.saturating_sub(5) / 10 * 10);
    let height = |percent: f64| 10.0 + (100.0 - percent) / (100.0 - floor) * PLOT_HEIGHT;
    for line in 0..=2 {
        let percent = floor + (100.0 - floor) * f64::from(line) / 2.0;
        let (y, colour) = (
            height(percent),
            if line == 0 { "#7C8992" } else { "#E3E8EA" },
        );
        push(
            &mut svg,
            format_args!(
                "<line x1=\"{:.0}\" x2=\"{:.0}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{colour}\"/><text x=\"{:.0}\" y=\"{:.1}\" font-size=\"13\" fill=\"#4A5761\" text-anchor=\"end\">{percent:.0}\u{a0}%</text>",
                axis.left,
                axis.left + axis.width,
                axis.left - 8.0,
                y + 4.0
            ),
        );
    }
    let mut path = String::new();
    let mut drawing = false;
    for (year, percent) in years {
        drawing &= !breaks.contains(year);
        let Some(percent) = percent else {
            drawing = false;
            continue;
        };
        let (x, y) = (axis.year(*year), height(f64::from(*percent)));
        push(
            &mut path,
            format_args!("{}{x:.1} {y:.1}", if drawing { "L" } else { "M" }),
        );
        // A year that stands alone is a dot.
        push(
            &mut svg,
            format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"#00627A\"/>"),
        );
        drawing = true;
    }
    push(
        &mut svg,
        format_args!("<path d=\"{path}\" fill=\"none\" stroke=\"#00627A\" stroke-width=\"2\"/>"),
    );
    draw_breaks(&mut svg, &axis, breaks);
    svg.push_str("</svg>");
    Some(svg)
}

/// Persons with a value, year by year; a held year is hatched.
pub(crate) fn persons(
    title: Title<'_>,
    years: &[(i16, Option<u64>)],
    (breaks, most): (&[i16], &str),
    width: f64,
) -> Option<String> {
    let largest = years.iter().filter_map(|(_, n)| *n).max()?;
    let (axis, mut svg) = begin_plot(title, years.first()?.0, years.last()?.0, width);
    push(
        &mut svg,
        format_args!(
            "<defs><pattern id=\"{}h\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"8\" height=\"8\" fill=\"#FCF1E8\"/><rect width=\"4\" height=\"8\" fill=\"#F9E3D3\"/></pattern></defs>",
            title.id
        ),
    );
    let bottom = 10.0 + PLOT_HEIGHT;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a drawing has some hundred years at most"
    )]
    let slot = axis.width / (years.len() as f64).max(1.0);
    let bar = (slot * 0.7).clamp(1.0, 28.0);
    for (year, n) in years {
        let x = axis.year(*year) - bar / 2.0;
        match n {
            #[expect(clippy::cast_precision_loss, reason = "a column is some pixels high")]
            Some(n) => {
                let height = (*n as f64 / largest as f64 * (PLOT_HEIGHT - 16.0)).max(1.0);
                push(
                    &mut svg,
                    format_args!(
                        "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{bar:.1}\" height=\"{height:.1}\" fill=\"#00627A\"/>",
                        bottom - height
                    ),
                );
            }
            None => push(
                &mut svg,
                format_args!(
                    "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{bar:.1}\" height=\"{HELD_HEIGHT}\" fill=\"url(#{}h)\"/>",
                    bottom - HELD_HEIGHT,
                    title.id
                ),
            ),
        }
    }
    push(
        &mut svg,
        format_args!(
            "<line x1=\"{:.0}\" x2=\"{:.0}\" y1=\"{bottom:.0}\" y2=\"{bottom:.0}\" stroke=\"#7C8992\"/><text x=\"{:.0}\" y=\"{:.0}\" font-size=\"13\" fill=\"#4A5761\" text-anchor=\"end\">0</text><text x=\"{:.0}\" y=\"30\" font-size=\"13\" fill=\"#4A5761\" text-anchor=\"end\">{}</text>",
            axis.left - slot / 2.0,
            axis.left + axis.width + slot / 2.0,
            axis.left - 12.0,
            bottom + 4.0,
            axis.left - 12.0,
            escape(most)
        ),
    );
    draw_breaks(&mut svg, &axis, breaks);
    svg.push_str("</svg>");
    Some(svg)
}

fn draw_breaks(svg: &mut String, axis: &Axis, breaks: &[i16]) {
    for year in breaks
        .iter()
        .filter(|year| (axis.first..=axis.last).contains(*year))
    {
        // Between the last year of the old series and the first of the new one.
        let x = axis.x(f64::from(*year) - 0.5);
        push(
            svg,
            format_args!(
                "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"4\" y2=\"{:.0}\" stroke=\"#B04E0F\" stroke-width=\"1.5\" stroke-dasharray=\"3 3\"/>",
                10.0 + PLOT_HEIGHT
            ),
        );
    }
}

fn begin_plot(title: Title<'_>, first: i16, last: i16, width: f64) -> (Axis, String) {
    let left = 64.0;
    let axis = Axis {
        first,
        last,
        left: left + 12.0,
        width: width - left - 34.0,
    };
    let mut svg = begin(title, (width, 10.0 + PLOT_HEIGHT + AXIS_HEIGHT));
    axis.draw(&mut svg, (10.0, 10.0 + PLOT_HEIGHT));
    (axis, svg)
}

fn begin(title: Title<'_>, (width, height): (f64, f64)) -> String {
    let Title { id, name, sentence } = title;
    format!(
        "<svg viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-labelledby=\"{id}t {id}d\"><title id=\"{id}t\">{}</title><desc id=\"{id}d\">{}</desc>",
        escape(name),
        escape(sentence)
    )
}

fn push(svg: &mut String, piece: std::fmt::Arguments<'_>) {
    // INVARIANT: writing to a string cannot fail.
    let _ = svg.write_fmt(piece);
}

#[cfg(test)]
mod tests {
    use super::*;

    const TITLE: Title<'_> = Title {
        id: "x",
        name: "<b>",
        sentence: "s",
    };

    fn lane(name: &str, from: i16, to: Option<i16>) -> LaneBar {
        LaneBar {
            name: name.to_owned(),
            place: "LPR".to_owned(),
            from,
            to,
            current: to.is_none(),
        }
    }

    #[test]
    fn every_break_is_a_numbered_line_and_words_are_escaped() {
        let lanes = [lane("c_diag", 1977, Some(2019)), lane("<i>", 2019, None)];
        let svg = history(TITLE, &lanes, (&[], &[1994, 2019]), 2026);
        assert_eq!(svg.matches("stroke-dasharray").count(), 2);
        assert!(
            svg.contains(">2</text>") && svg.contains("&lt;i&gt;") && svg.contains("&lt;b&gt;")
        );
    }

    #[test]
    fn the_line_is_cut_at_a_break_and_where_nothing_is_told() {
        let years = [
            (2000, Some(90)),
            (2001, Some(91)),
            (2002, None),
            (2003, Some(92)),
            (2004, Some(93)),
        ];
        let svg = completeness(TITLE, &years, &[2004], 730.0).unwrap();
        let path = svg.split("<path d=\"").nth(1).unwrap();
        assert_eq!(path.split('"').next().unwrap().matches('M').count(), 3);
        assert!(completeness(TITLE, &[(2000, None)], &[], 730.0).is_none());
    }

    #[test]
    fn a_held_year_has_the_same_height_whatever_its_value() {
        let years = [(2000, Some(500)), (2001, None), (2002, None)];
        let svg = persons(TITLE, &years, (&[], "500"), 335.0).unwrap();
        assert_eq!(svg.matches("fill=\"url(#xh)\"").count(), 2);
        assert_eq!(svg.matches("height=\"28\"").count(), 2);
    }
}
