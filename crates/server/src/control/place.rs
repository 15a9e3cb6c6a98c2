//! Where the socket lies. The name of a socket can be 107 bytes long and a folder's path longer; the
//! kernel knows an open folder by a short name.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

/// The socket's name in the folder.
const NAME: &str = "control.sock";
const PATH_BYTES_MAX: usize = 100;

/// The path of a folder's socket, usable as long as this value lives.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// Keeps the short name alive.
    _folder: Option<File>,
}

impl Place {
    /// The place in a folder.
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        let path = folder.join(NAME);
        if path.as_os_str().len() <= PATH_BYTES_MAX {
            return Ok(Self {
                path,
                _folder: None,
            });
        }
        let opened = File::open(folder)?;
        let short = format!("/proc/self/fd/{}", opened.as_raw_fd());
        Ok(Self {
            path: Path::new(&short).join(NAME),
            _folder: Some(opened),
        })
    }

    /// What to bind and connect to.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::{UnixListener, UnixStream};

    #[test]
    fn a_folder_with_a_long_name_has_a_socket_too() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("x".repeat(120));
        std::fs::create_dir(&folder).unwrap();
        let place = Place::of(&folder).unwrap();
        let _listener = UnixListener::bind(place.path()).unwrap();
        assert!(folder.join(NAME).exists());
        UnixStream::connect(Place::of(&folder).unwrap().path()).unwrap();
    }
}
