//! Gzip as it is found: several members one after another (RFC 1952, section 2.2), and zeros behind the last one, with which
//! tapes and block devices fill up. Anything else behind a member is refused: it would be lost in silence.

use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};

/// What a gzip file unpacks to, as a stream.
pub struct Unpacker<R> {
    state: State<R>,
    /// Bytes given out so far.
    given: u64,
}

enum State<R> {
    Within(Box<GzDecoder<R>>),
    Behind(R),
    Done,
}

impl<R: BufRead> Unpacker<R> {
    /// `reader` stands at the mark of the first member.
    pub fn new(reader: R) -> Self {
        Unpacker { state: State::Within(Box::new(GzDecoder::new(reader))), given: 0 }
    }

    fn broken(&self, why: &str) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, format!("byte {} unpacked: {why}", self.given))
    }
}

/// What lies behind a member.
enum Next {
    End,
    Member,
    Other,
}

/// Passes over zeros; at most as many as there are.
fn next(reader: &mut impl BufRead) -> io::Result<Next> {
    let mut first = true;
    loop {
        let ahead = reader.fill_buf()?;
        match ahead.iter().position(|byte| *byte != 0) {
            None if ahead.is_empty() => return Ok(Next::End),
            None => {
                let length = ahead.len();
                reader.consume(length);
            }
            // Members follow one another at once.
            Some(0) if first && ahead[0] == 0x1f => return Ok(Next::Member),
            Some(_) => return Ok(Next::Other),
        }
        first = false;
    }
}

impl<R: BufRead> Read for Unpacker<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match std::mem::replace(&mut self.state, State::Done) {
                State::Done => return Ok(0),
                State::Within(mut member) => match member.read(buffer) {
                    Ok(0) => self.state = State::Behind(member.into_inner()),
                    Ok(read) => {
                        self.state = State::Within(member);
                        self.given += read as u64;
                        return Ok(read);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                        self.state = State::Within(member);
                        return Err(error);
                    }
                    Err(error) => return Err(self.broken(&format!("{error}; expected a whole gzip file"))),
                },
                State::Behind(mut reader) => match next(&mut reader)? {
                    Next::End => return Ok(0),
                    Next::Member => self.state = State::Within(Box::new(GzDecoder::new(reader))),
                    Next::Other => return Err(self.broken("something else lies behind the gzip data")),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::{BufReader, Write};

    pub fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(bytes: &[u8], buffer: usize) -> Result<Vec<u8>, String> {
        let mut all = Vec::new();
        let read = Unpacker::new(BufReader::with_capacity(buffer, bytes)).read_to_end(&mut all);
        read.map(|_| all).map_err(|error| error.to_string())
    }

    proptest! {
        /// However the bytes come in, members come out one after another, and padding is passed over.
        #[test]
        fn members_and_padding_are_read(
            members in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..4),
            zeros in 0_usize..40,
            buffer in 1_usize..50,
        ) {
            let mut bytes: Vec<u8> = members.iter().flat_map(|member| packed(member)).collect();
            bytes.resize(bytes.len() + zeros, 0);
            prop_assert_eq!(unpacked(&bytes, buffer).unwrap(), members.concat());
            // Anything that is neither a member nor zeros is refused.
            bytes.push(b'x');
            prop_assert!(unpacked(&bytes, buffer).unwrap_err().contains("behind the gzip data"));
        }

        /// A cut within the only member is told, wherever it is.
        #[test]
        fn a_cut_is_told(text in prop::collection::vec(any::<u8>(), 0..60), share in 0.0_f64..1.0, buffer in 1_usize..50) {
            let bytes = packed(&text);
            let cut = (share * bytes.len() as f64) as usize;
            prop_assert!(unpacked(&bytes[..cut], buffer).is_err(), "{} of {}", cut, bytes.len());
        }
    }
}
