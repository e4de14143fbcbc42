use jiff::civil::date;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn rule(starts_on: StartsOn, last_billed_month: LastBilledMonth) -> BillingDates {
    BillingDates { starts_on, last_billed_month, credits_unused: false }
}

#[test]
fn the_default_bills_whole_months() {
    let guide = BillingDates::default();
    for (sold, first) in [
        (date(2026, 8, 1), date(2026, 9, 1)),
        (date(2027, 1, 31), date(2027, 2, 1)),
        (date(2028, 2, 29), date(2028, 3, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
    ] {
        assert_eq!(guide.first_day(sold, sold), first, "{sold}");
        assert_eq!(guide.last_day(sold, EndKind::Leaves, false), first.yesterday().unwrap(), "{sold}");
    }
}

#[test]
fn a_customer_who_leaves_may_be_billed_for_the_month_after() {
    let next = rule(StartsOn::NextMonth, LastBilledMonth::Next);
    for (left, last) in [
        (date(2026, 8, 20), date(2026, 9, 30)),
        (date(2027, 1, 31), date(2027, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2026, 12, 1), date(2027, 1, 31)),
    ] {
        assert_eq!(next.last_day(left, EndKind::Leaves, false), last, "{left}");
        assert_eq!(next.last_day(left, EndKind::Leaves, true), last, "credits begin after the month: {left}");
        assert_eq!(next.last_day(left, EndKind::Followed, false), left.last_of_month(), "the customer stays: {left}");
    }
}

#[test]
fn a_day_holds_for_what_is_sold_until_then() {
    let on = rule(StartsOn::Day(date(2026, 9, 15)), LastBilledMonth::This);
    let day = |from, sold| on.first_day(from, sold);
    assert_eq!(day(date(2026, 8, 10), date(2026, 8, 10)), date(2026, 9, 15));
    assert_eq!(day(date(2026, 9, 15), date(2026, 9, 15)), date(2026, 9, 15));
    assert_eq!(day(date(2026, 9, 16), date(2026, 9, 16)), date(2026, 10, 1), "sold after it");
    assert_eq!(day(date(2026, 10, 2), date(2026, 8, 10)), date(2026, 9, 15), "linked after it, sold before");
}

#[test]
fn a_later_rule_changes_nothing_before_it() {
    let at = |second| Timestamp::from_second(second).unwrap();
    let today = rule(StartsOn::Today, LastBilledMonth::This);
    let next = rule(StartsOn::Today, LastBilledMonth::Next);
    assert_eq!(ChosenDates::following(None, BillingDates::default(), at(5)), None);
    let first = ChosenDates::following(None, today, at(10));
    assert_eq!(ChosenDates::following(first.as_ref(), today, at(15)), first, "the same choice again");
    let second = ChosenDates::following(first.as_ref(), next, at(20));
    assert_eq!(ChosenDates::at(first.as_ref(), at(9)), BillingDates::default());
    assert_eq!(ChosenDates::at(first.as_ref(), at(10)), today);
    assert_eq!((ChosenDates::at(second.as_ref(), at(19)), ChosenDates::at(second.as_ref(), at(20))), (today, next));
    let back = ChosenDates::following(second.as_ref(), BillingDates::default(), at(30));
    assert_eq!(ChosenDates::at(back.as_ref(), at(29)), next, "what happened before the return to the default");
    for (time, rule) in
        [(9, BillingDates::default()), (10, today), (19, today), (20, next), (30, BillingDates::default())]
    {
        assert_eq!(ChosenDates::at(back.as_ref(), at(time)), rule, "{time}: a third choice changes nothing before it");
    }
}

#[test]
fn the_oldest_of_many_choices_become_one() {
    let at = |second| Timestamp::from_second(second).unwrap();
    let on = |day: i8| rule(StartsOn::Day(date(2026, 8, day)), LastBilledMonth::This);
    let choices = (1..=25_i8)
        .fold(None, |choices, day| ChosenDates::following(choices.as_ref(), on(day), at(i64::from(day) * 10)))
        .unwrap();
    assert_eq!(choices.0.len(), 20);
    for (time, rule) in [(9, BillingDates::default()), (10, on(6)), (69, on(6)), (70, on(7)), (250, on(25))] {
        assert_eq!(ChosenDates::at(Some(&choices), at(time)), rule, "{time}");
    }
}

#[test]
fn rules_are_read_as_they_were_written() {
    for (text, starts_on) in [
        ("nextMonth", StartsOn::NextMonth),
        ("today", StartsOn::Today),
        ("2028-02-29", StartsOn::Day(date(2028, 2, 29))),
    ] {
        assert_eq!((text.parse().ok(), starts_on.to_string()), (Some(starts_on), text.to_owned()));
    }
    for text in ["", "tomorrow", "Today", "2027-02-29", "2026-8-1 ", "2026-08-01T00:00:00Z"] {
        assert!(text.parse::<StartsOn>().is_err(), "{text}");
    }
    let choices = json!([{"starts_on": "today", "chosen_at": "2026-08-01T00:00:00Z"}]);
    let read: ChosenDates = serde_json::from_value(choices).unwrap();
    assert_eq!(ChosenDates::last(Some(&read)), rule(StartsOn::Today, LastBilledMonth::This));
    assert_eq!(serde_json::from_value::<ChosenDates>(serde_json::to_value(&read).unwrap()).unwrap(), read);
}

prop_compose! {
    fn days()(days in 0..20_000_i32) -> Date {
        date(2000, 1, 1).saturating_add(days.days())
    }
}

prop_compose! {
    fn rules()(
        starts_on in prop_oneof![Just(StartsOn::NextMonth), Just(StartsOn::Today), days().prop_map(StartsOn::Day)],
        next: bool,
        credits_unused: bool,
    ) -> BillingDates {
        let last_billed_month = if next { LastBilledMonth::Next } else { LastBilledMonth::This };
        BillingDates { starts_on, last_billed_month, credits_unused }
    }
}

proptest! {
    #[test]
    fn a_first_day_is_not_before_what_is_billed(rule in rules(), sold in days(), later in 0..400_i32) {
        let from = sold.saturating_add(later.days());
        let first = rule.first_day(from, sold);
        prop_assert!(first >= sold);
        prop_assert!(first >= from || rule.starts_on == StartsOn::Day(first));
        prop_assert!(first <= from.last_of_month().tomorrow().unwrap() || rule.starts_on == StartsOn::Day(first));
        prop_assert_eq!(rule.first_day(from, sold), first);
    }

    #[test]
    fn a_last_day_is_in_the_month_of_the_end_or_the_next(rule in rules(), ended in days(), credits: bool) {
        let followed = rule.last_day(ended, EndKind::Followed, credits);
        let last = rule.last_day(ended, EndKind::Leaves, credits);
        prop_assert!(ended <= followed && followed <= last);
        prop_assert!(followed <= ended.last_of_month());
        prop_assert!(last <= ended.last_of_month().tomorrow().unwrap().last_of_month());
        if rule.last_billed_month == LastBilledMonth::This {
            prop_assert_eq!(followed, last);
        }
    }

    #[test]
    fn a_return_begins_after_the_end_and_leaves_no_day_of_its_month_out(rule in rules(), ended in days(), days_later in 0..60_i32) {
        let last = rule.last_day(ended, EndKind::Leaves, false);
        let back = ended.saturating_add(days_later.days());
        let first = rule.first_day(back, back).max(last.tomorrow().unwrap());
        prop_assert!(first > last);
        if rule.starts_on == StartsOn::NextMonth && back.first_of_month() == ended.first_of_month() {
            prop_assert_eq!(first, last.tomorrow().unwrap());
        }
    }
}
