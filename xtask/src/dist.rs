//! `cargo xtask dist`: what people install who never compile.
//!
//! A release binary without symbols, and a Debian package around it whose library dependencies are
//! read from the binary itself.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::process;
use crate::test::target_folder;

const CONTROL: &str = include_str!("../package/control");
const COPYRIGHT: &str = include_str!("../package/copyright");
const POSTINST: &str = include_str!("../package/postinst");
const SERVICE: &str = include_str!("../package/sund.service");
const CONFIG: &str = include_str!("../package/sund.toml");

/// Path in the package, content, mode.
const FILES: [(&str, &str, u32); 5] = [
    ("DEBIAN/postinst", POSTINST, 0o755),
    ("DEBIAN/conffiles", "/etc/sund/sund.toml\n", 0o644),
    ("etc/sund/sund.toml", CONFIG, 0o644),
    ("lib/systemd/system/sund.service", SERVICE, 0o644),
    ("usr/share/doc/sund/copyright", COPYRIGHT, 0o644),
];

/// Builds both, and prints where they lie and how large they are.
pub(crate) fn run(root: &Path) -> Result<()> {
    let target = target_folder(root)?;
    let dist = target.join("dist");
    fs::create_dir_all(&dist)?;
    process::run(process::cargo(root).args([
        "build",
        "--release",
        "--locked",
        "-p",
        "server",
        "--bin",
        "sund",
    ]))?;
    let binary = dist.join("sund");
    process::run(
        Command::new("strip")
            .arg("-o")
            .arg(&binary)
            .arg(target.join("release/sund")),
    )?;
    let package = build_package(root, &dist, &binary)?;
    for path in [&binary, &package] {
        let megabytes = fs::metadata(path)?.len() as f64 / 1e6;
        println!("{megabytes:8.1} MB  {}", path.display());
    }
    Ok(())
}

fn build_package(root: &Path, dist: &Path, binary: &Path) -> Result<PathBuf> {
    let tree = dist.join("package");
    if tree.is_dir() {
        fs::remove_dir_all(&tree)?;
    }
    for (path, text, mode) in FILES {
        write(&tree.join(path), text.as_bytes(), mode)?;
    }
    let program = fs::read(binary)?;
    write(&tree.join("usr/bin/sund"), &program, 0o755)?;
    let architecture = process::output(Command::new("dpkg").arg("--print-architecture"))?;
    let version = version(root)?;
    let control = CONTROL
        .replace("{version}", &version)
        .replace("{architecture}", architecture.trim())
        .replace("{depends}", &depends(&program)?)
        .replace("{installed_kilobytes}", &(program.len() / 1024).to_string());
    write(&tree.join("DEBIAN/control"), control.as_bytes(), 0o644)?;
    let package = dist.join(format!("sund_{version}_{}.deb", architecture.trim()));
    process::run(
        Command::new("dpkg-deb")
            .args(["--build", "--root-owner-group"])
            .arg(&tree)
            .arg(&package),
    )?;
    Ok(package)
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let folder = path
        .parent()
        .context("a file of the package lies in a folder")?;
    fs::create_dir_all(folder)?;
    fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    Ok(())
}

/// The workspace's version, as the root manifest states it.
fn version(root: &Path) -> Result<String> {
    #[derive(Deserialize)]
    struct Manifest {
        workspace: Workspace,
    }
    #[derive(Deserialize)]
    struct Workspace {
        package: Package,
    }
    #[derive(Deserialize)]
    struct Package {
        version: String,
    }
    let manifest: Manifest = toml::from_str(&fs::read_to_string(root.join("Cargo.toml"))?)?;
    Ok(manifest.workspace.package.version)
}

/// The C library the binary asks for, by the newest symbol version in it, and the unwinder.
fn depends(program: &[u8]) -> Result<String> {
    let newest = glibc_versions(program).into_iter().next_back();
    let (major, minor) = newest.context("the binary names no version of the C library")?;
    ensure!(
        (major, minor) <= (2, 36),
        "needs C library {major}.{minor}; Debian 12 has 2.36"
    );
    Ok(format!("libc6 (>= {major}.{minor}), libgcc-s1"))
}

/// All `GLIBC_x.y` in the program's symbol versions.
fn glibc_versions(program: &[u8]) -> BTreeSet<(u32, u32)> {
    const MARK: &[u8] = b"GLIBC_";
    let after = program
        .windows(MARK.len())
        .enumerate()
        .filter(|(_, window)| *window == MARK);
    let texts = after
        .filter_map(|(at, _)| program.get(at + MARK.len()..))
        .map(|rest| {
            let end = rest
                .iter()
                .position(|byte| !byte.is_ascii_digit() && *byte != b'.');
            String::from_utf8_lossy(rest.get(..end.unwrap_or(0)).unwrap_or_default()).into_owned()
        });
    texts
        .filter_map(|text| {
            let mut parts = text.split('.');
            Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_the_newest_c_library_that_the_binary_names() {
        let program = b"\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.9\0GLIBC_PRIVATE\0";
        assert_eq!(depends(program).unwrap(), "libc6 (>= 2.34), libgcc-s1");
    }

    #[test]
    fn refuses_a_binary_that_debian_12_cannot_run() {
        assert!(depends(b"GLIBC_2.39\0").is_err());
    }

    #[test]
    fn the_control_file_has_a_place_for_everything_that_is_filled_in() {
        for name in ["version", "architecture", "depends", "installed_kilobytes"] {
            assert!(CONTROL.contains(&format!("{{{name}}}")), "{name}");
        }
    }

    #[test]
    fn the_service_runs_as_its_own_account_in_its_own_folder() {
        assert!(SERVICE.contains("User=sund") && SERVICE.contains("/var/lib/sund"));
        assert!(POSTINST.contains("/var/lib/sund"));
    }
}
