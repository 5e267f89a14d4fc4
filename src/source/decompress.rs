//! gzip, xz and Zstandard, members and frames one after the other.
//!
//! Gives whatever comes out before a fault, and the fault; where it goes is the caller's.

use std::io::{self, Read, Write};

use super::kind::Compression;

/// What decompressing gave.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Bytes written.
    pub written: u64,
    /// The fault that ended it early, if any.
    pub fault: Option<Fault>,
}

/// Why decompressing ended early.
#[derive(Debug)]
pub(super) enum Fault {
    /// The input is cut short or damaged.
    Input(io::Error),
    /// The output can't be written.
    Output(io::Error),
}

/// Memory that an xz file may ask for; `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 1 << 30;

/// Writes what `input` decompresses to into `out`, until its end or the first fault.
pub(super) fn decompress(compression: Compression, input: &[u8], out: &mut impl Write) -> Outcome {
    match decoder(compression, input) {
        Ok(decoder) => copy(decoder, out),
        Err(error) => Outcome { written: 0, fault: Some(Fault::Input(error)) },
    }
}

fn decoder(compression: Compression, input: &[u8]) -> io::Result<Box<dyn Read + '_>> {
    Ok(match compression {
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
        Compression::Xz => {
            let stream = liblzma::stream::Stream::new_stream_decoder(
                XZ_MEMORY,
                liblzma::stream::CONCATENATED,
            )?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(input, stream))
        }
        Compression::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(input)?),
    })
}

fn copy(mut input: impl Read, out: &mut impl Write) -> Outcome {
    let mut buffer = vec![0; 128 * 1024];
    let mut written = 0;
    let fault = loop {
        let read = match input.read(&mut buffer) {
            Ok(0) => break None,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => break Some(Fault::Input(error)),
        };
        if let Err(error) = out.write_all(&buffer[..read]) {
            break Some(Fault::Output(error));
        }
        written += read as u64;
    };
    Outcome { written, fault }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Compression; 3] = [Compression::Gzip, Compression::Xz, Compression::Zstd];

    fn compress(compression: Compression, text: &[u8]) -> Vec<u8> {
        match compression {
            Compression::Gzip => {
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), Default::default());
                gzip.write_all(text).unwrap();
                gzip.finish().unwrap()
            }
            Compression::Xz => {
                let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 6);
                xz.write_all(text).unwrap();
                xz.finish().unwrap()
            }
            Compression::Zstd => zstd::encode_all(text, 3).unwrap(),
        }
    }

    /// Text that no compressor makes small: a linear congruential sequence.
    fn noise(len: usize) -> Vec<u8> {
        let next = |n: &u32| Some(n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        std::iter::successors(Some(1), next).map(|n: u32| (n >> 24) as u8).take(len).collect()
    }

    #[test]
    fn members_one_after_the_other_are_one_text() {
        for compression in ALL {
            let file = [compress(compression, b"one\n"), compress(compression, b"two\n")].concat();
            let mut out = Vec::new();
            let outcome = decompress(compression, &file, &mut out);
            assert!(outcome.fault.is_none(), "{compression:?}: {:?}", outcome.fault);
            assert_eq!((outcome.written, out.as_slice()), (8, b"one\ntwo\n".as_slice()));
        }
    }

    #[test]
    fn what_came_before_the_damage_is_kept() {
        for compression in ALL {
            let text = noise(1 << 20);
            let whole = compress(compression, &text);
            let mut out = Vec::new();
            let outcome = decompress(compression, &whole[..whole.len() * 3 / 4], &mut out);
            assert!(matches!(outcome.fault, Some(Fault::Input(_))), "{compression:?}");
            assert!(out.len() > text.len() / 2, "{compression:?}: {}", out.len());
            assert!(text.starts_with(&out), "{compression:?}");
            assert_eq!(outcome.written, out.len() as u64);
        }
    }

    #[test]
    fn damage_is_a_fault_of_the_input_and_a_full_disk_one_of_the_output() {
        for compression in ALL {
            let mut damaged = compress(compression, &noise(4096));
            damaged[8..].fill(0xff);
            let outcome = decompress(compression, &damaged, &mut Vec::new());
            assert!(matches!(outcome.fault, Some(Fault::Input(_))), "{compression:?}");

            let whole = compress(compression, b"text");
            let outcome = decompress(compression, &whole, &mut [].as_mut_slice());
            assert!(matches!(outcome.fault, Some(Fault::Output(_))), "{compression:?}");
        }
    }
}
