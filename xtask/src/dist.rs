//! `cargo xtask dist`: what people install who never compile.
//!
//! A release binary without symbols, and a Debian package around it whose library dependencies are
//! read from the binary itself.

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
const PRERM: &str = include_str!("../package/prerm");
const SERVICE: &str = include_str!("../package/sund.service");
const CONFIG: &str = include_str!("../package/sund.toml");

/// Path in the package, content, mode.
const FILES: [(&str, &str, u32); 6] = [
    ("DEBIAN/postinst", POSTINST, 0o755),
    ("DEBIAN/prerm", PRERM, 0o755),
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
        .replace("{depends}", &depends(binary)?)
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

/// The C library that the binary asks for, by the newest symbol version, and the unwinder.
fn depends(binary: &Path) -> Result<String> {
    let headers = process::output(Command::new("objdump").arg("-p").arg(binary))?;
    let newest = newest_glibc(&headers).context("the binary names no version of the C library")?;
    let (major, minor) = newest;
    ensure!(
        newest <= (2, 36),
        "needs C library {major}.{minor}; Debian 12 has 2.36"
    );
    Ok(format!("libc6 (>= {major}.{minor}), libgcc-s1"))
}

/// The newest `GLIBC_x.y` among the version references that `objdump -p` lists.
fn newest_glibc(headers: &str) -> Option<(u32, u32)> {
    let versions = headers
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("GLIBC_"));
    let numbers = versions.filter_map(|version| {
        let mut parts = version.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    });
    numbers.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_the_newest_c_library_that_the_binary_references() {
        let headers =
            "required from libc.so.6:\n 0x09 0x00 04 GLIBC_2.34\n 0x75 0x00 03 GLIBC_2.9\n";
        assert_eq!(newest_glibc(headers), Some((2, 34)));
        assert_eq!(newest_glibc("GLIBC_PRIVATE"), None);
    }

    #[test]
    fn the_control_file_has_a_place_for_everything_that_is_filled_in() {
        for name in ["version", "architecture", "depends", "installed_kilobytes"] {
            assert!(CONTROL.contains(&format!("{{{name}}}")), "{name}");
        }
    }

    #[test]
    fn a_package_around_a_program_holds_every_file() {
        let dist = std::env::temp_dir().join(format!("sund-xtask-{}-dist", std::process::id()));
        fs::create_dir_all(&dist).unwrap();
        let program = std::env::current_exe().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let package = build_package(root, &dist, &program).unwrap();
        let listed =
            process::output(Command::new("dpkg-deb").arg("--contents").arg(&package)).unwrap();
        fs::remove_dir_all(&dist).unwrap();
        let in_package = FILES.iter().map(|(path, ..)| *path).chain(["usr/bin/sund"]);
        for path in in_package.filter(|path| !path.starts_with("DEBIAN")) {
            assert!(listed.contains(path), "{path} is missing in\n{listed}");
        }
    }

    #[test]
    fn the_settings_that_are_installed_are_toml_and_set_nothing() {
        let settings: toml::Table = toml::from_str(CONFIG).unwrap();
        let set = |section: &toml::Value| section.as_table().is_none_or(|keys| !keys.is_empty());
        assert!(!settings.values().any(set));
    }

    #[test]
    fn the_service_runs_as_its_own_account_in_its_own_folder() {
        assert!(SERVICE.contains("User=sund") && SERVICE.contains("/var/lib/sund"));
        assert!(POSTINST.contains("/var/lib/sund"));
    }
}
