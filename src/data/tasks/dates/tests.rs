//! Layouts against fixed dates, reading against writing, and the balance of what is drawn.

use super::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn day(year: u32, month: u32, day: u32) -> Day {
    Day::new(year, month, day).unwrap()
}

#[test]
fn every_layout_writes_a_day() {
    let sources = LAYOUTS.map(|layout| write(layout, day(2021, 3, 3)));
    let expected = [
        "3rd of March 2021",
        "the 3rd of March, 2021",
        "March 3rd, 2021",
        "3rd March 2021",
        "3 March 2021",
        "March 3, 2021",
        "3 Mar 2021",
        "Mar 3, 2021",
        "Mar 3, 21",
        "03-Mar-2021",
        "Wednesday 3 March 2021",
        "Wednesday, March 3, 2021",
        "Wed 3 Mar 2021",
        "Wed, Mar 3, 2021",
        "3/3/2021",
        "03/03/2021",
        "3/3/21",
        "2021/3/3",
        "2021/03/03",
        "2021.3.3",
        "20210303",
        "2021年3月3日",
        "2021年03月03日",
        "2021年3月3日(水)",
        "2021年3月3日水曜日",
        "二〇二一年三月三日",
        "令和3年3月3日",
        "令和03年03月03日",
        "令和三年三月三日",
        "令和3年3月3日(水)",
        "R3.3.3",
    ];
    assert_eq!(sources, expected);
}

#[test]
fn sources_are_read() {
    let cases = [
        ("12/5/1999", "1999-12-05"),
        ("5/12/30", "1930-05-12"),
        ("5/12/29", "2029-05-12"),
        ("Feb 29, 00", "2000-02-29"),
        ("21st of June 1984", "1984-06-21"),
        ("11th of June 1984", "1984-06-11"),
        ("昭和64年1月7日", "1989-01-07"),
        ("平成元年1月8日", "1989-01-08"),
        ("平成31年4月30日", "2019-04-30"),
        ("平成三十一年四月三十日", "2019-04-30"),
        ("令和元年五月一日", "2019-05-01"),
        ("令和元年5月1日(水)", "2019-05-01"),
        ("令和01年05月01日", "2019-05-01"),
        ("R1.5.1", "2019-05-01"),
        ("S5.1.1", "1930-01-01"),
        ("二〇二九年十二月三十一日", "2029-12-31"),
    ];
    for (source, iso) in cases {
        assert_eq!(target(source).as_deref(), Some(iso), "{source}");
    }
}

#[test]
fn what_no_layout_writes_has_no_target() {
    let others = [
        "",
        "2021-03-03",
        "3rd of March",
        "3th of March 2021",
        "03rd of March 2021",
        "march 3, 2021",
        "Tuesday 3 March 2021",
        "2021年3月3日(火)",
        "13/3/2021",
        "2/29/2021",
        "2021/13/1",
        "2021/3/03",
        "3/3/1929",
        "昭和64年1月8日",
        "平成元年1月7日",
        "平成1年1月8日",
        "平成31年5月1日",
        "平成32年1月1日",
        "令和元年4月30日",
        "令和0年5月1日",
        "R元.5.1",
        "R3.3.3 ",
        " R3.3.3",
        "二〇二一年三月十十日",
        "二千二十一年三月三日",
        "99999999999",
        "明治3年3月3日",
        "3/3/021",
    ];
    for other in others {
        assert_eq!(target(other), None, "{other}");
    }
}

#[test]
fn every_source_means_one_day() {
    let random = &mut ChaCha8Rng::seed_from_u64(1);
    for _ in 0..300 {
        let day = Day::at(random.random_range(0..Day::count()));
        for layout in LAYOUTS {
            let source = write(layout, day);
            let days: Vec<Day> = LAYOUTS.into_iter().filter_map(|layout| read(layout, &source)).collect();
            assert!(!days.is_empty() && days.iter().all(|other| *other == day), "{source}: {days:?}");
        }
    }
}

#[test]
fn the_longest_source_is_as_long_as_stated() {
    let days = (0..Day::count()).step_by(3).map(Day::at);
    let longest = days.flat_map(|day| [10, 11].map(|layout| write(LAYOUTS[layout], day).len())).max();
    assert_eq!(longest, Some(LONGEST.0));
    let autumn = (20..=30).map(|date| day(2020, 9, date));
    let longest = autumn.flat_map(|day| LAYOUTS.map(|layout| write(layout, day).chars().count())).max();
    assert_eq!(longest, Some(LONGEST.0));
}

#[test]
fn layouts_and_days_are_balanced() {
    let random = &mut ChaCha8Rng::seed_from_u64(1);
    let (mut layouts, mut months, mut years) = ([0_usize; LAYOUTS.len()], [0_usize; 12], [0_usize; 10]);
    for _ in 0..20_000 {
        let pair = draw(random).pair;
        let [year, month, date] = [0..4, 5..7, 8..10].map(|part| pair.target[part].parse().unwrap());
        let day = day(year, month, date);
        months[month as usize - 1] += 1;
        years[(year - YEARS[0]) as usize / 10] += 1;
        // Two layouts write May and days like 10/10 alike: those days are left out of the count.
        if month != 5 && month < 10 && date < 10 && day.era().1 > 1 && day.era().1 < 10 {
            let layout = LAYOUTS.into_iter().position(|layout| write(layout, day) == pair.source).unwrap();
            layouts[layout] += 1;
        }
    }
    let squares = |counts: &[usize]| -> f64 {
        let expected = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
        counts.iter().map(|count| (*count as f64 - expected).powi(2) / expected).sum()
    };
    // A chance of one in a thousand for 30 and 9 degrees of freedom; months differ in length by a tenth.
    assert!(squares(&layouts) < 59.7, "{layouts:?}");
    assert!(squares(&years) < 27.9, "{years:?}");
    assert!(months.iter().all(|count| (1_400..1_850).contains(count)), "{months:?}");
}
