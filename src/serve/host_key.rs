//! The key by which people know that it is this server they talk to. Made once: a new one would look like somebody in between.

use super::private;
use crate::experiment::{TaskContext, Wording};
use crate::intake::{self, Purpose};
use rand::rngs::SysRng;
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, HashAlg, PrivateKey};
use std::path::Path;

const FILE: &str = "host_key";
const KEY: Purpose = Purpose::new(Wording::new("a private key in OpenSSH's form", "OpenSSH 形式の秘密鍵"), 1 << 16);

/// The key of a server's folder, made if there is none.
///
/// # Errors
/// When there is one that cannot be read, is no Ed25519 key, or can be read by others; when none can be made.
pub fn open(folder: &Path) -> Result<PrivateKey, String> {
    let path = folder.join(FILE);
    let fault = |reason: String| format!("{}: {reason}", path.display());
    // A link that leads nowhere is no place for a new key.
    if path.symlink_metadata().is_err() {
        let key = PrivateKey::random(&mut rand::rand_core::UnwrapErr(SysRng), Algorithm::Ed25519)
            .map_err(|error| fault(error.to_string()))?;
        let text = key.to_openssh(LineEnding::LF).map_err(|error| fault(error.to_string()))?;
        private::write_new(&path, text.as_bytes()).map_err(|error| fault(error.to_string()))?;
    }
    let bytes = intake::bytes(&path, &KEY, &TaskContext::default()).map_err(|error| error.to_string())?;
    if private::is_open_to_others(&path).map_err(|error| fault(error.to_string()))? {
        return Err(fault(format!("others may read it; say `chmod 600 {}`", path.display())));
    }
    let way_out = "bring the file back from a copy, or remove it and tell people the new fingerprint";
    let key = PrivateKey::from_openssh(bytes).map_err(|error| fault(format!("no private key ({error}); {way_out}")))?;
    match key.algorithm() {
        Algorithm::Ed25519 => Ok(key),
        other => Err(fault(format!("a key for {other}; expected one for ssh-ed25519; {way_out}"))),
    }
}

/// What people compare at their first log-in: `SHA256:…`.
///
/// # Errors
/// As [`open`].
pub fn fingerprint(folder: &Path) -> Result<String, String> {
    private::make_folder(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    open(folder).map(|key| of(&key))
}

/// The fingerprint of a key.
pub fn of(key: &PrivateKey) -> String {
    key.public_key().fingerprint(HashAlg::Sha256).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_key_is_made_once_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let first = fingerprint(folder.path()).unwrap();
        assert!(first.starts_with("SHA256:"), "{first}");
        assert_eq!(fingerprint(folder.path()).unwrap(), first);
        let path = folder.path().join(FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert!(fingerprint(folder.path()).unwrap_err().contains("chmod 600"));
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        for damage in [&b""[..], b"no key", &fs::read(&path).unwrap()[..100]] {
            fs::write(&path, damage).unwrap();
            let said = fingerprint(folder.path()).unwrap_err();
            assert!(said.contains("no private key"), "{said}");
            assert_eq!(fs::read(&path).unwrap(), damage, "it is left as it was");
        }
        fs::remove_file(&path).unwrap();
        symlink(folder.path().join("elsewhere"), &path).unwrap();
        assert!(fingerprint(folder.path()).is_err());
        assert!(!folder.path().join("elsewhere").exists());
    }
}
