//! JSON has no NaN and no infinity; a diverging run has both. They travel as the strings `"NaN"`, `"inf"`, `"-inf"`.
//!
//! For `#[serde(with = "number")]` on a field that is an `f32` or `f64`, or a `Vec`, an array or an `Option` of such, or one
//! with its name.

use serde::de::{Error, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

pub fn serialize<T: Number, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.write(serializer)
}

pub fn deserialize<'de, T: Number, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::read(deserializer)
}

/// A number, or several.
pub trait Number: Sized {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// Why a value is none: it is no number, and none of the three texts.
const EXPECTED: &str = "a number, \"NaN\", \"inf\" or \"-inf\"";

macro_rules! number {
    ($type:ty, $serialize:ident) => {
        impl Number for $type {
            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if self.is_finite() {
                    serializer.$serialize(*self)
                } else {
                    serializer.serialize_str(&self.to_string())
                }
            }

            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Reader;
                impl Visitor<'_> for Reader {
                    type Value = $type;
                    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                        f.write_str(EXPECTED)
                    }
                    fn visit_f64<E>(self, value: f64) -> Result<$type, E> {
                        Ok(value as $type)
                    }
                    fn visit_i64<E>(self, value: i64) -> Result<$type, E> {
                        Ok(value as $type)
                    }
                    fn visit_u64<E>(self, value: u64) -> Result<$type, E> {
                        Ok(value as $type)
                    }
                    fn visit_str<E: Error>(self, text: &str) -> Result<$type, E> {
                        match text {
                            "NaN" => Ok(<$type>::NAN),
                            "inf" => Ok(<$type>::INFINITY),
                            "-inf" => Ok(<$type>::NEG_INFINITY),
                            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
                        }
                    }
                }
                deserializer.deserialize_any(Reader)
            }
        }
    };
}

number!(f32, serialize_f32);
number!(f64, serialize_f64);

/// One of several numbers on its way out.
struct Written<'a, T>(&'a T);

impl<T: Number> Serialize for Written<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// One of several numbers on its way in.
struct Read<T>(T);

impl<'de, T: Number> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Read)
    }
}

impl<T: Number> Number for Vec<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Written))
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Number> Visitor<'de> for Reader<T> {
            type Value = Vec<T>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("numbers")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
                let mut numbers = Vec::new();
                while let Some(Read(number)) = items.next_element()? {
                    numbers.push(number);
                }
                Ok(numbers)
            }
        }
        deserializer.deserialize_seq(Reader(PhantomData))
    }
}

impl<T: Number, const N: usize> Number for [T; N] {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Written))
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let numbers = Vec::read(deserializer)?;
        let count = numbers.len();
        numbers.try_into().map_err(|_| D::Error::invalid_length(count, &format!("{N} numbers").as_str()))
    }
}

impl<T: Number> Number for Option<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Written).serialize(serializer)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map(|Read(number)| number))
    }
}

/// A name and a number.
impl<T: Number> Number for (String, T) {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.0, Written(&self.1)).serialize(serializer)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (name, Read(number)) = Deserialize::deserialize(deserializer)?;
        Ok((name, number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct Numbers {
        #[serde(with = "super")]
        one: f32,
        #[serde(with = "super")]
        many: Vec<[f64; 2]>,
        #[serde(with = "super", default)]
        perhaps: Option<f64>,
    }

    fn there_and_back(numbers: Numbers) -> String {
        let text = serde_json::to_string(&numbers).unwrap();
        let back: Numbers = serde_json::from_str(&text).unwrap();
        // NaN is not equal to itself, but it is printed as itself.
        assert_eq!(format!("{back:?}"), format!("{numbers:?}"));
        text
    }

    #[test]
    fn numbers_that_json_lacks_go_there_and_back() {
        let many = vec![[f64::NAN, 0.1], [f64::INFINITY, -0.0]];
        let text = there_and_back(Numbers { one: f32::NEG_INFINITY, many, perhaps: Some(f64::NAN) });
        assert_eq!(text, r#"{"one":"-inf","many":[["NaN",0.1],["inf",-0.0]],"perhaps":"NaN"}"#);
        there_and_back(Numbers { one: 0.1, many: vec![], perhaps: None });
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let read = |text: &str| serde_json::from_str::<Numbers>(text).map_err(|error| error.to_string());
        assert_eq!(read(r#"{"one":1,"many":[]}"#).unwrap().one, 1.0);
        let wrong = read(r#"{"one":"Infinity","many":[]}"#).unwrap_err();
        assert!(wrong.contains("\"Infinity\", expected a number, \"NaN\", \"inf\""), "{wrong}");
        let short = read(r#"{"one":1,"many":[[1]]}"#).unwrap_err();
        assert!(short.contains("invalid length 1, expected 2 numbers"), "{short}");
    }
}
