//! FF1 of NIST SP 800-38G over bit strings of length 49 with AES-256 and the ten rounds it states.
//!
//! The general algorithm works on numeral strings with big integers. With radix 2 and length 49 the
//! halves have 24 and 25 bits, a round needs 8 bytes of one AES block, and everything that does not
//! depend on the number (the block `P`, the tweak and its padding) is folded into one constant.
//! What remains is ten AES calls per number, which are made for many numbers side by side.

use aes::Aes256Enc;
use aes::cipher::{Block, BlockCipherEncrypt};
use std::fmt;

/// Rounds that the standard states.
const ROUNDS: u8 = 10;
/// Bits of the first half, `u` in the standard.
const FIRST_BITS: u32 = 24;
/// Bits of the second half, `v` in the standard.
const SECOND_BITS: u32 = 25;
/// Bytes of an AES block.
const BLOCK_BYTES: usize = 16;
/// Bytes of the round number and of half a number at the end of the last block.
const VARIABLE_BYTES: usize = 5;
/// Numbers permuted side by side: a few times the blocks that processors encrypt at once.
const LANES: usize = 32;

/// One permit's permutation of one kind of numbers.
#[derive(Clone)]
pub struct Permutation {
    cipher: Aes256Enc,
    /// The CBC-MAC over everything before the last block, xored with the last block's fixed bytes.
    fixed: u128,
}

impl Permutation {
    pub(super) fn new(cipher: Aes256Enc, tweak: &[u8]) -> Self {
        let mut message = header(tweak.len()).to_vec();
        message.extend_from_slice(tweak);
        while !(message.len() + VARIABLE_BYTES).is_multiple_of(BLOCK_BYTES) {
            message.push(0);
        }
        message.extend_from_slice(&[0; VARIABLE_BYTES]);
        let (blocks, _) = message.as_chunks::<BLOCK_BYTES>();
        let mut fixed = 0;
        for (number, block) in blocks.iter().enumerate() {
            if number > 0 {
                fixed = encrypt_block(&cipher, fixed);
            }
            fixed ^= u128::from_be_bytes(*block);
        }
        Self { cipher, fixed }
    }

    /// Permutes one number below 2^49.
    pub(super) fn encrypt_in_domain(&self, number: u64) -> u64 {
        let (mut first, mut second) = split(number);
        for round in 0..ROUNDS {
            let mixed = encrypt_block(&self.cipher, self.block(round, second));
            (first, second) = (second, add(first, mixed, round));
        }
        join(first, second)
    }

    /// Permutes many numbers below 2^49 in place.
    pub(super) fn encrypt_many_in_domain(&self, numbers: &mut [u64]) {
        let mut halves = Vec::with_capacity(LANES);
        let mut blocks = Vec::with_capacity(LANES);
        for lanes in numbers.chunks_mut(LANES) {
            halves.clear();
            halves.extend(lanes.iter().map(|number| split(*number)));
            blocks.resize(lanes.len(), Block::<Aes256Enc>::default());
            for round in 0..ROUNDS {
                for (block, (_, second)) in blocks.iter_mut().zip(&halves) {
                    *block = self.block(round, *second).to_be_bytes().into();
                }
                self.cipher.encrypt_blocks(&mut blocks);
                for (block, (first, second)) in blocks.iter().zip(&mut halves) {
                    let mixed = u128::from_be_bytes((*block).into());
                    (*first, *second) = (*second, add(*first, mixed, round));
                }
            }
            for (number, (first, second)) in lanes.iter_mut().zip(&halves) {
                *number = join(*first, *second);
            }
        }
    }

    /// Takes back one permutation.
    pub(super) fn decrypt_in_domain(&self, number: u64) -> u64 {
        let (mut first, mut second) = split(number);
        for round in (0..ROUNDS).rev() {
            let mixed = encrypt_block(&self.cipher, self.block(round, first));
            (first, second) = (subtract(second, mixed, round), first);
        }
        join(first, second)
    }

    /// The last block of a round before encryption: fixed bytes, round number, half a number.
    fn block(&self, round: u8, half: u64) -> u128 {
        self.fixed ^ u128::from(round) << 32 ^ u128::from(half)
    }
}

/// The block `P`: version, method, addition, radix 2, ten rounds, the lengths of the first half,
/// of the whole number and of the tweak.
fn header(tweak_length: usize) -> [u8; BLOCK_BYTES] {
    let tweak_length = u32::try_from(tweak_length).expect("invariant: a tweak is a short name");
    let mut header = [1, 2, 1, 0, 0, 2, ROUNDS, 24, 0, 0, 0, 49, 0, 0, 0, 0];
    for (byte, length) in header.iter_mut().skip(12).zip(tweak_length.to_be_bytes()) {
        *byte = length;
    }
    header
}

fn encrypt_block(cipher: &Aes256Enc, block: u128) -> u128 {
    let mut block = block.to_be_bytes().into();
    cipher.encrypt_block(&mut block);
    u128::from_be_bytes(block.into())
}

/// The halves of a number, most significant bits first.
fn split(number: u64) -> (u64, u64) {
    (number >> SECOND_BITS, number & bits(SECOND_BITS))
}

/// After an even number of rounds the halves have their first lengths again.
fn join(first: u64, second: u64) -> u64 {
    first << SECOND_BITS | second
}

/// Adds the first 8 bytes of a block, modulo the length of the half that the round replaces.
fn add(half: u64, mixed: u128, round: u8) -> u64 {
    half.wrapping_add(leading(mixed)) & replaced_bits(round)
}

fn subtract(half: u64, mixed: u128, round: u8) -> u64 {
    half.wrapping_sub(leading(mixed)) & replaced_bits(round)
}

fn leading(block: u128) -> u64 {
    u64::try_from(block >> 64).expect("invariant: 64 bits remain of 128")
}

/// Even rounds replace a half of 24 bits, odd rounds one of 25.
fn replaced_bits(round: u8) -> u64 {
    bits(if round.is_multiple_of(2) {
        FIRST_BITS
    } else {
        SECOND_BITS
    })
}

fn bits(length: u32) -> u64 {
    (1 << length) - 1
}

impl fmt::Debug for Permutation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Permutation(…)")
    }
}
