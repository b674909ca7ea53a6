//! Small charts: what came each day, as bars that are drawn here. What succeeded is a full bar, what was refused a hatched one on
//! top of it, so that nobody needs colours; the numbers are in a table below.

use muster_engine::traffic::{Day, Outcomes};

use crate::pages::texts;

/// How wide a chart is, in its own measure.
const WIDTH: i64 = 364;
/// How high the tallest bar is.
const HEIGHT: i64 = 80;
/// From the chart's upper edge to the tallest bar: room for the scale's number.
const TOP: i64 = 16;
/// What is left free of a bar's place, on each side.
const GAP: i64 = 3;
/// How high a bar is at least where there is something: one request among many is still seen.
const LEAST: i64 = 3;

/// A chart of one thing.
pub(super) struct Chart {
    /// What is counted, in its address within the page.
    pub(super) id: &'static str,
    pub(super) title: String,
    /// What it shows, in a sentence.
    pub(super) sentence: String,
    /// Nothing, if nothing came.
    pub(super) bars: Vec<Bar>,
    /// The largest day's number, which the scale names.
    pub(super) most: i64,
}

/// One day.
pub(super) struct Bar {
    pub(super) date: String,
    pub(super) outcomes: Outcomes,
    pub(super) x: i64,
    pub(super) width: i64,
    /// Where what succeeded begins and how high it is, from above.
    pub(super) succeeded: (i64, i64),
    /// The same of what was refused.
    pub(super) refused: (i64, i64),
}

impl Chart {
    /// Charts of who signed in, and of what directories asked for.
    pub(super) fn both(days: &[Day]) -> [Self; 2] {
        let sign_ins = days.iter().map(|day| (day, day.sign_ins));
        let requests = days.iter().map(|day| (day, day.requests));
        [
            Self::of("sign-ins", "chart-sign-ins", "chart-sign-ins-told", "chart-sign-ins-none", sign_ins),
            Self::of("requests", "chart-requests", "chart-requests-told", "chart-requests-none", requests),
        ]
    }

    fn of<'d>(
        id: &'static str,
        title: &str,
        told: &str,
        none: &str,
        days: impl ExactSizeIterator<Item = (&'d Day, Outcomes)> + Clone,
    ) -> Self {
        let most = days.clone().map(|(_, outcomes)| outcomes.all()).max().unwrap_or_default();
        let sum = |of: fn(Outcomes) -> i64| days.clone().map(|(_, outcomes)| of(outcomes)).sum::<i64>();
        let (succeeded, refused) = (sum(|one| one.succeeded), sum(|one| one.refused));
        let place = WIDTH / i64::try_from(days.len()).unwrap_or(1).max(1);
        let sentence = if most == 0 {
            texts::text(none)
        } else {
            texts::say(told, [("succeeded", succeeded.into()), ("refused", refused.into())])
        };
        let bars = days.zip(0..).map(|((day, outcomes), number)| Bar::of(day, outcomes, most, place, number));
        let bars = if most == 0 { Vec::new() } else { bars.collect() };
        Self { id, title: texts::text(title), sentence, bars, most }
    }

    /// The whole drawing's measures.
    pub(super) fn view(&self) -> String {
        format!("0 0 {WIDTH} {}", self.floor() + 20)
    }

    /// On what the bars stand.
    pub(super) fn floor(&self) -> i64 {
        TOP + HEIGHT
    }

    /// Where the line of the scale is.
    pub(super) fn top(&self) -> i64 {
        TOP
    }

    pub(super) fn width(&self) -> i64 {
        WIDTH
    }

    /// Where the names of the days are.
    pub(super) fn names(&self) -> i64 {
        self.floor() + 15
    }

    pub(super) fn first(&self) -> &str {
        self.bars.first().map_or("", |bar| &bar.date)
    }

    pub(super) fn last(&self) -> &str {
        self.bars.last().map_or("", |bar| &bar.date)
    }
}

impl Bar {
    fn of(day: &Day, outcomes: Outcomes, most: i64, place: i64, number: i64) -> Self {
        let height = |count: i64| match count.saturating_mul(HEIGHT).checked_div(most) {
            Some(height) if count > 0 => height.max(LEAST),
            _ => 0,
        };
        let refused = height(outcomes.refused);
        // Where one of them is raised to be seen, the other makes room.
        let succeeded = height(outcomes.succeeded).min(HEIGHT - refused);
        let floor = TOP + HEIGHT;
        Self {
            date: day.begins.to_string().chars().take(10).collect(),
            outcomes,
            x: number * place + GAP,
            width: place - 2 * GAP,
            succeeded: (floor - succeeded, succeeded),
            refused: (floor - succeeded - refused, refused),
        }
    }
}

#[cfg(test)]
mod tests {
    use muster_model::Timestamp;

    use super::*;

    fn days(of: &[(i64, i64)]) -> Vec<Day> {
        let day = |(number, (succeeded, refused)): (i64, &(i64, i64))| Day {
            begins: Timestamp(number * 86_400_000_000),
            sign_ins: Outcomes { succeeded: *succeeded, refused: *refused },
            requests: Outcomes::default(),
        };
        (0..).zip(of).map(day).collect()
    }

    #[test]
    fn bars_fit_whatever_the_numbers_and_what_is_little_is_seen() {
        for numbers in
            [vec![(1, 0), (0, 0)], vec![(0, 1)], vec![(1_000_000, 1), (1, 1_000_000), (1, 0)], vec![(1 << 50, 1); 14]]
        {
            let [chart, none] = Chart::both(&days(&numbers));
            assert!(none.bars.is_empty() && none.sentence.contains("No"), "{}", none.sentence);
            assert_eq!(chart.bars.len(), numbers.len());
            for (bar, (succeeded, refused)) in chart.bars.iter().zip(&numbers) {
                assert!(bar.x >= 0 && bar.x + bar.width <= WIDTH && bar.width > 0);
                assert!(bar.refused.0 >= TOP && bar.succeeded.0 + bar.succeeded.1 == TOP + HEIGHT);
                assert_eq!(bar.refused.0 + bar.refused.1, bar.succeeded.0, "one on the other");
                assert_eq!((bar.succeeded.1 > 0, bar.refused.1 > 0), (*succeeded > 0, *refused > 0));
            }
        }
        let [chart, _] = Chart::both(&days(&[(3, 1), (4, 0)]));
        assert_eq!((chart.first(), chart.last(), chart.most), ("1970-01-01", "1970-01-02", 4));
        assert_eq!(chart.sentence, "In the last 14 days people signed in 7 times; 1 sign-in was refused.");
    }

    #[test]
    fn no_day_is_no_chart() {
        let [chart, _] = Chart::both(&[]);
        assert!(chart.bars.is_empty());
    }
}
