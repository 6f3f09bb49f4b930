//! The same calls to another client's contracts: k256, arkworks and aurora's modexp
//! instead of what this lane uses.

use alloc::{vec, vec::Vec};

use ::bls12_381::{G1Affine, G2Affine, Scalar};
use proptest::prelude::*;
use revm_precompile::{Precompiles, primitives::Address};

use super::{super::*, address};

/// Enough for all inputs made here.
const GAS: u64 = 100_000_000;

fn theirs(contract: Precompile, input: &[u8]) -> Result<Output, Failure> {
    let index = BY_ADDRESS.iter().position(|other| *other == contract);
    let place = address(index.expect("in the list") as u8 + 1);
    let output = Precompiles::prague()
        .get(&Address::from(place))
        .expect("they have it too")
        .execute(input, GAS, 0)
        .expect("nothing fatal");
    if !output.status.is_success() {
        return Err(Failure);
    }
    Ok(Output { gas_used: output.gas_used, bytes: output.bytes.to_vec() })
}

fn agree(contract: Precompile, input: &[u8]) -> Result<(), TestCaseError> {
    prop_assert_eq!(
        contract.run(input, GAS),
        theirs(contract, input),
        "{:?} of {}",
        contract,
        hex::encode(input)
    );
    Ok(())
}

fn bytes(len: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), len)
}

/// Numbers as contracts meet them: any, small, or next to a power of two.
fn word() -> impl Strategy<Value = Vec<u8>> {
    let small = any::<u8>().prop_map(|low| {
        let mut word = vec![0; 32];
        word[31] = low;
        word
    });
    prop_oneof![6 => bytes(32), 1 => small, 1 => Just(vec![0xff; 32]), 1 => Just(vec![0; 32])]
}

/// Leaves most inputs as they are, spoils a bit or the length of the others.
fn spoil(input: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (input, 0_u8..8, any::<prop::sample::Index>(), 0_u32..8).prop_map(
        |(mut input, how, place, bit)| {
            match how {
                0 if !input.is_empty() => {
                    let place = place.index(input.len());
                    input[place] ^= 1 << bit;
                }
                1 => input.truncate(place.index(input.len() + 1)),
                2 => input.push(bit as u8),
                _ => {}
            }
            input
        },
    )
}

fn many(
    item: impl Strategy<Value = Vec<u8>>,
    count: core::ops::Range<usize>,
) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(item, count).prop_map(|items| items.concat())
}

fn concat(
    a: impl Strategy<Value = Vec<u8>>,
    b: impl Strategy<Value = Vec<u8>>,
) -> impl Strategy<Value = Vec<u8>> {
    (a, b).prop_map(|(a, b)| [a, b].concat())
}

/// A contract's output as an input: their contracts make the points to test with.
fn output(contract: Precompile, input: &[u8]) -> Vec<u8> {
    theirs(contract, input).expect("a valid input").bytes
}

fn bn_g1() -> impl Strategy<Value = Vec<u8>> {
    let point = word().prop_map(|scalar| {
        let mut input = vec![0; 64];
        (input[31], input[63]) = (1, 2);
        input.extend(scalar);
        output(Precompile::Bn254Mul, &input)
    });
    prop_oneof![9 => point, 1 => Just(vec![0; 64])]
}

const BN_G2: &str = "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2\
    1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed\
    090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b\
    12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";

fn bn_pair() -> impl Strategy<Value = Vec<u8>> {
    let q = hex::decode(BN_G2).expect("hexadecimal");
    concat(bn_g1(), prop_oneof![4 => Just(q), 1 => Just(vec![0; 128])])
}

fn padded_fields(plain: &[u8], order: &[usize]) -> Vec<u8> {
    let field = |index: &usize| [&[0; 16], &plain[48 * index..48 * (index + 1)]].concat();
    order.iter().flat_map(field).collect()
}

/// A point of the curve, mostly of the group.
fn bls_g1() -> impl Strategy<Value = Vec<u8>> {
    let field = concat(Just(vec![0; 17]), bytes(47));
    let inside = field.prop_map(|field| output(Precompile::BlsMapG1, &field));
    let outside = bytes(48).prop_filter_map("no such point", |mut x| {
        x[0] = 0x80 | x[0] & 0x0f;
        let x: [u8; 48] = x.try_into().ok()?;
        let point = Option::<G1Affine>::from(G1Affine::from_compressed_unchecked(&x))?;
        Some(padded_fields(&point.to_uncompressed(), &[0, 1]))
    });
    prop_oneof![16 => inside, 1 => outside, 1 => Just(vec![0; 128])]
}

fn bls_g2() -> impl Strategy<Value = Vec<u8>> {
    let field = || concat(Just(vec![0; 17]), bytes(47));
    let inside = concat(field(), field()).prop_map(|input| output(Precompile::BlsMapG2, &input));
    let outside = bytes(96).prop_filter_map("no such point", |mut x| {
        x[0] = 0x80 | x[0] & 0x0f;
        x[48] &= 0x0f;
        let x: [u8; 96] = x.try_into().ok()?;
        let point = Option::<G2Affine>::from(G2Affine::from_compressed_unchecked(&x))?;
        Some(padded_fields(&point.to_uncompressed(), &[1, 0, 3, 2]))
    });
    prop_oneof![16 => inside, 1 => outside, 1 => Just(vec![0; 256])]
}

/// The ceremony's secret times the generator of G1: with it, lines can be committed to.
const TAU_G1: &str = "ad3eb50121139aa34db1d545093ac9374ab7bca2c0f3bf28e27c8dcd8fc7cb42\
    d25926fc0c97b336e9f0fb35e5a04c81";

/// A line's value at a point, proved.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let scalar = || any::<[u8; 64]>().prop_map(|bytes| Scalar::from_bytes_wide(&bytes));
    let slope = prop_oneof![4 => scalar(), 1 => Just(Scalar::zero())];
    (slope, scalar(), scalar()).prop_map(|(slope, rest, z)| {
        let digits = hex::decode(TAU_G1).expect("hexadecimal");
        let digits: [u8; 48] = digits.try_into().expect("48 bytes");
        let tau: Option<G1Affine> = G1Affine::from_compressed(&digits).into();
        let g = G1Affine::generator();
        let commitment = G1Affine::from(tau.expect("a point") * slope + g * rest).to_compressed();
        let proof = G1Affine::from(g * slope).to_compressed();
        let mut input = hashes::sha256(&commitment).to_vec();
        input[0] = 1;
        for scalar in [z, slope * z + rest] {
            input.extend(scalar.to_bytes().iter().rev());
        }
        input.extend([commitment, proof].as_flattened());
        input
    })
}

fn modexp_input() -> impl Strategy<Value = Vec<u8>> {
    let number = || {
        let zeros = (0_usize..40).prop_map(|len| vec![0; len]);
        prop_oneof![
            4 => prop::collection::vec(any::<u8>(), 0..150),
            1 => zeros.clone(),
            // Even, or with leading zeros.
            1 => concat(bytes(20), zeros.clone()),
            1 => concat(zeros, bytes(9)),
        ]
    };
    (number(), number(), number()).prop_map(|numbers| {
        let numbers: [Vec<u8>; 3] = numbers.into();
        let mut input = Vec::new();
        for number in &numbers {
            input.extend([0; 24]);
            input.extend((number.len() as u64).to_be_bytes());
        }
        input.extend(numbers.concat());
        input
    })
}

/// Signatures of known form: any `r` has a point half of the time.
fn ecrecover_input() -> impl Strategy<Value = Vec<u8>> {
    let v = prop_oneof![8 => 27_u8..29, 1 => any::<u8>()].prop_map(|v| {
        let mut word = vec![0; 32];
        word[31] = v;
        word
    });
    concat(concat(word(), v), concat(word(), word()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn ecrecover(input in spoil(ecrecover_input())) {
        agree(Precompile::EcRecover, &input)?;
    }

    #[test]
    fn hashes(input in prop::collection::vec(any::<u8>(), 0..400)) {
        agree(Precompile::Sha256, &input)?;
        agree(Precompile::Ripemd160, &input)?;
        agree(Precompile::Identity, &input)?;
    }

    #[test]
    fn modexp(input in spoil(modexp_input())) {
        agree(Precompile::ModExp, &input)?;
    }

    #[test]
    fn modexp_of_anything(input in prop::collection::vec(prop_oneof![9 => Just(0), 1 => any::<u8>()], 0..120)) {
        agree(Precompile::ModExp, &input)?;
    }

    #[test]
    fn bn254_arithmetic(a in bn_g1(), b in bn_g1(), scalar in word(), twice: bool) {
        let b = if twice { a.clone() } else { b };
        agree(Precompile::Bn254Add, &[a.clone(), b].concat())?;
        agree(Precompile::Bn254Mul, &[a, scalar].concat())?;
    }

    #[test]
    fn bn254_spoilt(add in spoil(many(bn_g1(), 2..3)), mul in spoil(concat(bn_g1(), word()))) {
        agree(Precompile::Bn254Add, &add)?;
        agree(Precompile::Bn254Mul, &mul)?;
    }

    #[test]
    fn blake2f(rounds in 0_u8..30, mut input in spoil(bytes(213)), last in 0_u8..3) {
        for (to, from) in input.iter_mut().zip([0, 0, 0, rounds]) {
            *to = from;
        }
        if let Some(flag) = input.get_mut(212) {
            *flag = last;
        }
        agree(Precompile::Blake2F, &input)?;
    }

    #[test]
    fn bls_add(g1 in spoil(many(bls_g1(), 2..3)), g2 in spoil(many(bls_g2(), 2..3))) {
        agree(Precompile::BlsG1Add, &g1)?;
        agree(Precompile::BlsG2Add, &g2)?;
    }

    #[test]
    fn bls_map(g1 in spoil(concat(Just(vec![0; 16]), bytes(48))), g2 in spoil(many(concat(Just(vec![0; 17]), bytes(47)), 2..3))) {
        agree(Precompile::BlsMapG1, &g1)?;
        agree(Precompile::BlsMapG2, &g2)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn bn254_pairing(input in spoil(many(bn_pair(), 0..4))) {
        agree(Precompile::Bn254Pairing, &input)?;
    }

    #[test]
    fn bls_msm(g1 in spoil(many(concat(bls_g1(), word()), 0..6)), g2 in spoil(many(concat(bls_g2(), word()), 0..6))) {
        agree(Precompile::BlsG1Msm, &g1)?;
        agree(Precompile::BlsG2Msm, &g2)?;
    }

    #[test]
    fn point_evaluation(right in line(), spoilt in spoil(line())) {
        prop_assert!(Precompile::PointEvaluation.run(&right, GAS).is_ok());
        agree(Precompile::PointEvaluation, &right)?;
        agree(Precompile::PointEvaluation, &spoilt)?;
    }

    #[test]
    fn bls_pairing(input in spoil(many(concat(bls_g1(), bls_g2()), 0..4))) {
        agree(Precompile::BlsPairing, &input)?;
    }
}

/// More pairs and points than are held at once, and enough for the other way to multiply.
#[test]
fn many_points() {
    let field = |i: u8| [vec![0; 63], vec![i]].concat();
    let (mut pairs, mut g1, mut g2) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..200 {
        let p = output(Precompile::BlsMapG1, &field(i));
        let q = output(Precompile::BlsMapG2, &[field(i), field(7)].concat());
        let scalar = hashes::sha256(&[i]);
        g1.extend([&p[..], &scalar].concat());
        g2.extend([&q[..], &scalar].concat());
        if i < 40 {
            pairs.extend([p, q].concat());
        }
    }
    for (contract, input) in [
        (Precompile::BlsG1Msm, g1),
        (Precompile::BlsG2Msm, g2),
        (Precompile::BlsPairing, pairs),
        (
            Precompile::Bn254Pairing,
            hex::decode(BN_G2)
                .map(|q| [vec![0; 31], vec![1], vec![0; 31], vec![2], q].concat().repeat(40))
                .expect("hexadecimal"),
        ),
    ] {
        assert_eq!(contract.run(&input, GAS), theirs(contract, &input), "{contract:?}");
    }
}
