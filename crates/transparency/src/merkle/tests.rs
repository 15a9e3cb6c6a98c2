use super::*;

/// The leaves and roots used by the tests of certificate transparency logs (RFC 6962).
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn bytes_of(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap())
        .collect()
}

fn known_hashes() -> Vec<TreeHash> {
    LEAVES
        .iter()
        .map(|leaf| leaf_hash(&bytes_of(leaf)))
        .collect()
}

/// The definition in RFC 6962, section 2.1, word by word.
fn root_by_definition(hashes: &[TreeHash]) -> TreeHash {
    match hashes {
        [] => TreeHash(Sha256::digest([]).into()),
        [only] => *only,
        _ => {
            let mut split = 1;
            while split * 2 < hashes.len() {
                split *= 2;
            }
            let (left, right) = hashes.split_at(split);
            node_hash(&root_by_definition(left), &root_by_definition(right))
        }
    }
}

#[test]
fn the_empty_tree_has_the_hash_of_nothing() {
    assert_eq!(tree_root(&[]).to_string(), ROOTS[0]);
    assert_eq!(TreeHead::empty().root.to_string(), ROOTS[0]);
    assert_eq!(TreeHead::empty().size, 0);
}

#[test]
fn an_empty_leaf_differs_from_an_empty_tree() {
    assert_eq!(leaf_hash(b"").to_string(), ROOTS[1]);
    assert_ne!(leaf_hash(b""), tree_root(&[]));
}

#[test]
fn known_trees_have_the_known_roots() {
    let hashes = known_hashes();
    for (size, root) in ROOTS.iter().enumerate() {
        assert_eq!(
            tree_root(&hashes[..size]).to_string(),
            *root,
            "{size} leaves"
        );
    }
}

#[test]
fn a_tree_of_one_leaf_has_the_hash_of_that_leaf() {
    let hash = leaf_hash(b"one");
    assert_eq!(tree_root(&[hash]), hash);
}

#[test]
fn the_root_is_the_one_of_the_definition_at_every_size() {
    let hashes: Vec<_> = (0..300_u32).map(|n| leaf_hash(&n.to_be_bytes())).collect();
    for size in 0..=hashes.len() {
        assert_eq!(
            tree_root(&hashes[..size]),
            root_by_definition(&hashes[..size]),
            "{size}"
        );
    }
}

#[test]
fn a_leaf_cannot_pose_as_an_inner_node() {
    let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
    let forged = [left.as_bytes().as_slice(), right.as_bytes().as_slice()].concat();
    assert_ne!(leaf_hash(&forged), node_hash(&left, &right));
    let prefixed = [&[0x01], forged.as_slice()].concat();
    assert_ne!(leaf_hash(&prefixed), node_hash(&left, &right));
}

#[test]
fn the_order_of_children_and_leaves_counts() {
    let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
    assert_ne!(node_hash(&left, &right), node_hash(&right, &left));
    assert_ne!(tree_root(&[left, right]), tree_root(&[right, left]));
}

#[test]
fn a_repeated_last_leaf_changes_the_root() {
    // Trees that copy the last leaf to fill a level cannot tell these two apart.
    let hashes = known_hashes();
    let mut repeated = hashes[..3].to_vec();
    repeated.push(hashes[2]);
    assert_ne!(tree_root(&hashes[..3]), tree_root(&repeated));
}

#[test]
fn the_builder_may_be_asked_at_every_step() {
    let hashes = known_hashes();
    let mut builder = RootBuilder::default();
    for (size, hash) in hashes.iter().enumerate() {
        assert_eq!(builder.root().to_string(), ROOTS[size]);
        builder.push(*hash);
    }
    assert_eq!(builder.root().to_string(), ROOTS[8]);
}

#[test]
fn a_hash_reads_what_it_writes() {
    let hash = leaf_hash(b"text");
    assert_eq!(hash.to_string().parse(), Ok(hash));
    assert_eq!(format!("{hash:?}"), hash.to_string());
    assert_eq!(TreeHash::from_bytes(*hash.as_bytes()), hash);
    let json = serde_json::to_string(&hash).unwrap();
    assert_eq!(json, format!("\"{hash}\""));
    assert_eq!(serde_json::from_str::<TreeHash>(&json).unwrap(), hash);
}

#[test]
fn a_hash_has_one_spelling() {
    let upper = ROOTS[1].to_uppercase();
    for text in ["", "6e34", upper.as_str(), &format!(" {}", ROOTS[1])] {
        assert_eq!(text.parse::<TreeHash>(), Err(HashParseError), "{text}");
        assert!(serde_json::from_str::<TreeHash>(&format!("\"{text}\"")).is_err());
    }
}
