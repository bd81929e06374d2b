use super::*;
use crate::experiment::{Bilingual, Wording};

fn inputs() -> Inputs {
    let view = ViewSpec::new("v", Wording::new("", ""), || {
        vec![
            Knob::text("text", 10, "a", ["", ""]),
            Knob::integer("rows", 4..=6, 5, ["", ""]),
            crate::experiment::view::seed(),
            Knob::cell("cell", ["", ""]),
        ]
    });
    let use_ = InstrumentUse {
        instrument: crate::lab::Instrument::View,
        view: Some("v".into()),
        inputs: [("rows".to_owned(), KnobValue::Integer(6))].into(),
        drawing: false,
        opens: None,
        title: Bilingual::default(),
    };
    Inputs::new(&view, &use_)
}

#[test]
fn inputs_begin_where_the_lab_says_and_are_turned_and_typed() {
    let mut inputs = inputs();
    assert_eq!((inputs.values().integer("rows"), inputs.shown.len()), (6, 3), "a cell is picked, not turned");
    assert!(inputs.in_text());
    inputs.typed(&KeyEvent::from(KeyCode::Char('b')));
    assert_eq!(inputs.take_text(), Some(Ok("text")));
    assert_eq!(inputs.values().text("text"), "b", "the first letter takes the place of the text");
    inputs.move_in_text(false);
    inputs.typed(&KeyEvent::from(KeyCode::Char('a')));
    assert_eq!(inputs.take_text(), Some(Ok("text")));
    assert_eq!(inputs.values().text("text"), "ab");
    assert_eq!((inputs.turn_to_end(false), inputs.line.cursor().1), (None, 0), "to the start of the text");
    inputs.turn_to_end(true);
    inputs.pasted("01234567890");
    assert!(inputs.take_text().unwrap().unwrap_err().en.contains("at most 10"));
    inputs.choose(true);
    assert_eq!(inputs.turn(true), None, "the last value stays");
    assert_eq!(inputs.turn(false), Some("rows"));
    assert_eq!(inputs.turn_to_end(false), Some("rows"));
    assert_eq!(inputs.values().integer("rows"), 4);
    inputs.areas = vec![Rect::new(0, 0, 10, 1), Rect::new(12, 0, 10, 1), Rect::new(24, 0, 10, 1)];
    // `rows ◂ 4 ▸`
    assert_eq!(inputs.click(Position::new(21, 0)), Some(Some("rows")), "the right arrow");
    assert_eq!(inputs.click(Position::new(17, 0)), Some(Some("rows")), "the left arrow");
    assert_eq!(inputs.values().integer("rows"), 4);
    assert_eq!(inputs.wheel(Position::new(13, 0), true), Some(Some("rows")));
    assert_eq!((inputs.click(Position::new(13, 0)), inputs.click(Position::new(11, 0))), (Some(None), None));
    assert_eq!(inputs.next_example(), Some("seed"));
    assert_eq!(inputs.values().integer("seed"), 1);
}

#[test]
fn a_number_is_typed_in_the_place_of_its_value() {
    let mut inputs = inputs();
    let press = |inputs: &mut Inputs, code| inputs.type_number(&KeyEvent::from(code));
    assert!(!inputs.is_number() && !press(&mut inputs, KeyCode::Char('4')), "a digit belongs to a text");
    inputs.choose(true);
    assert!(inputs.is_number() && !press(&mut inputs, KeyCode::Char('x')), "a letter begins no number");
    assert!(press(&mut inputs, KeyCode::Char('4')) && inputs.in_number());
    assert_eq!(inputs.places(40)[1].2, "rows ◂ 4▏ ▸");
    assert_eq!((inputs.take_number(), inputs.values().integer("rows")), (Some(Ok("rows")), 4));
    for code in [KeyCode::Char('9'), KeyCode::Char('.'), KeyCode::Backspace] {
        press(&mut inputs, code);
    }
    let refused = inputs.take_number().unwrap().unwrap_err();
    assert_eq!(refused.en, "input `rows` = `9`: expected an integer from 4 to 6");
    assert_eq!((inputs.in_number(), inputs.values().integer("rows")), (false, 4), "the value stays");
    // Left, turned, or another input chosen: nothing is typed any more.
    press(&mut inputs, KeyCode::Char('5'));
    inputs.leave_number();
    assert_eq!((inputs.take_number(), inputs.values().integer("rows")), (None, 4));
    press(&mut inputs, KeyCode::Char('6'));
    assert_eq!((inputs.turn(true), inputs.in_number(), inputs.values().integer("rows")), (Some("rows"), false, 5));
    inputs.begin_number();
    assert_eq!((inputs.take_number(), inputs.values().integer("rows")), (None, 5), "nothing typed changes nothing");
}

#[test]
fn a_space_at_the_end_of_a_text_is_seen() {
    let mut inputs = inputs();
    inputs.pasted("once upon ");
    let text = |inputs: &Inputs| inputs.places(40)[0].2.clone();
    assert_eq!(text(&inputs), "text › once upon·▏");
    assert_eq!(inputs.take_text(), Some(Ok("text")));
    assert_eq!(inputs.values().text("text"), "once upon ", "it is asked as it stands");
    inputs.choose(true);
    assert_eq!(text(&inputs), "text › once upon·");
    inputs.language = Language::Ja;
    assert_eq!(text(&inputs), "文 › once upon·");
}

#[test]
fn a_drawing_is_taken_up_with_its_size() {
    let view = ViewSpec::new("v", Wording::new("", ""), || vec![crate::data::pictures::drawing()]);
    let use_ = InstrumentUse {
        instrument: crate::lab::Instrument::View,
        view: Some("v".into()),
        inputs: [].into(),
        drawing: true,
        opens: None,
        title: Bilingual::default(),
    };
    let mut inputs = Inputs::new(&view, &use_);
    assert_eq!((inputs.take_drawing(), inputs.has_strokes()), (None, false), "nothing is drawn");
    let drawn = |to: f32| {
        let mut canvas = Canvas::default();
        canvas.draw_to(0.5, 0.2);
        canvas.draw_to(0.5, to);
        Pad::new(canvas)
    };
    let name = inputs.pad.as_ref().unwrap().0;
    for (to, is_large) in [(0.25, false), (0.8, true)] {
        inputs.pad = Some((name, drawn(to)));
        assert_eq!((inputs.take_drawing().as_deref(), inputs.has_strokes()), (Some(name), is_large), "{to}");
    }
    assert_eq!(name, "picture");
}

#[test]
fn a_text_is_carried_over_to_an_input_of_the_same_name_and_length() {
    let mut from = inputs();
    assert!(from.given_texts().is_empty(), "what the lab begins with is nobody's");
    from.pasted("asked");
    assert_eq!(from.take_text(), Some(Ok("text")));
    let mut to = inputs();
    assert!(to.take_texts(&from.given_texts()) && !to.take_texts(&from.given_texts()));
    assert_eq!((to.values().text("text"), to.line.lines()), ("asked", &["asked".to_owned()][..]));
    // One that is typed and not asked yet goes along, and one that came from elsewhere goes on.
    to.pasted("typed");
    assert_eq!(to.given_texts(), Texts::from([(("text", 10), "typed".to_owned())]));
    to.choose(true);
    assert_eq!(to.given_texts(), Texts::from([(("text", 10), "asked".to_owned())]));
    assert!(!inputs().take_texts(&Texts::from([(("text", 9), "other".to_owned())])), "an input of another kind");
}

#[test]
fn an_input_has_its_value_in_letters() {
    let inputs = inputs();
    assert_eq!(inputs.with_value("text".to_owned()), ("text".to_owned(), "a".to_owned()));
    assert_eq!(inputs.with_value("rows".to_owned()).1, "6");
}
