//! Passwords: stored as Argon2id hashes, and checked at the same cost whether or not there is one to check against (SEC-5).

use std::{
    fmt,
    num::NonZeroUsize,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc},
};

use crate::{NoRandomness, Secret, random};

/// How many may wait for their turn, for each that is at work; more are turned away.
const WAITING: usize = 32;

/// A password as it is stored: an Argon2id hash with its salt and parameters, in the PHC string format.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// What was stored.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// What is to be stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// Why a password was neither hashed nor checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// So many others wait already that this one would wait for seconds.
    #[error("too many passwords are being checked: try again in a moment")]
    Busy,
    /// The operating system gave no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// A stored hash is none that this program made.
    #[error("a stored password hash cannot be read: reset that password")]
    Unreadable,
}

/// Hashes and checks passwords, each with 19 MiB of memory and some ten milliseconds of one core, and no more of them at a
/// time than were allowed.
///
/// Its functions keep their thread busy, and may wait: call them on one that may be kept.
pub struct Passwords {
    argon2: Argon2<'static>,
    turns: Turns,
    /// What is checked against where there is no password.
    decoy: PasswordHash,
}

impl Passwords {
    /// Checks so many passwords at once; no more than there are cores are any use.
    ///
    /// # Errors
    ///
    /// [`PasswordError::NoRandomness`].
    pub fn new(at_once: NonZeroUsize) -> Result<Self, PasswordError> {
        // Argon2id with 19 MiB, two passes and one lane: the crate's defaults, as OWASP recommends.
        let argon2 = Argon2::default();
        let mut nobodys = [0; 32];
        random(&mut nobodys)?;
        let decoy = hash(&argon2, &nobodys)?;
        Ok(Self { argon2, turns: Turns::new(at_once.get()), decoy })
    }

    /// Hashes a password with a new salt.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Busy`], [`PasswordError::NoRandomness`].
    pub fn hash(&self, password: &Secret) -> Result<PasswordHash, PasswordError> {
        let _turn = self.turns.take()?;
        hash(&self.argon2, password.expose().as_bytes())
    }

    /// Whether a password is the one that was hashed; `false`, at the same cost, where there is none.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Busy`], [`PasswordError::Unreadable`].
    pub fn check(&self, password: &Secret, against: Option<&PasswordHash>) -> Result<bool, PasswordError> {
        let _turn = self.turns.take()?;
        let stored = phc::PasswordHash::new(against.unwrap_or(&self.decoy).as_str());
        let stored = stored.map_err(|_| PasswordError::Unreadable)?;
        let is_right = self.argon2.verify_password(password.expose().as_bytes(), &stored).is_ok();
        Ok(is_right && against.is_some())
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passwords")
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> Result<PasswordHash, PasswordError> {
    let mut salt = [0; 16];
    random(&mut salt)?;
    // It refuses only salts and outputs of other lengths, and passwords of 4 GiB.
    let hashed = argon2.hash_password_with_salt(password, &salt).map_err(|_| PasswordError::Unreadable)?;
    Ok(PasswordHash(hashed.to_string()))
}

/// Who is at work, and who waits.
struct Turns {
    at_once: usize,
    queue: Mutex<Queue>,
    freed: Condvar,
}

#[derive(Default)]
struct Queue {
    working: usize,
    waiting: usize,
}

/// A turn, which ends when it is dropped.
struct Turn<'t>(&'t Turns);

impl Turns {
    fn new(at_once: usize) -> Self {
        Self { at_once, queue: Mutex::default(), freed: Condvar::new() }
    }

    fn take(&self) -> Result<Turn<'_>, PasswordError> {
        let mut queue = self.queue();
        if queue.waiting >= WAITING * self.at_once {
            return Err(PasswordError::Busy);
        }
        queue.waiting += 1;
        while queue.working >= self.at_once {
            queue = self.freed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.waiting -= 1;
        queue.working += 1;
        Ok(Turn(self))
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.queue().working -= 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_nothing_else_is() {
        let passwords = Passwords::new(NonZeroUsize::MIN).unwrap();
        let ours = Secret::new("correct horse battery staple");
        let (hash, again) = (passwords.hash(&ours).unwrap(), passwords.hash(&ours).unwrap());
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        assert_ne!(hash, again, "each has its own salt");
        assert_eq!(passwords.check(&ours, Some(&PasswordHash::new(hash.as_str().to_owned()))), Ok(true));
        assert_eq!(passwords.check(&Secret::new("correct horse"), Some(&hash)), Ok(false));
        assert_eq!(passwords.check(&ours, None), Ok(false));
        let other = PasswordHash::new("$2b$not-ours".to_owned());
        assert_eq!(passwords.check(&ours, Some(&other)), Err(PasswordError::Unreadable));
        assert_eq!(format!("{hash:?} {passwords:?}"), "PasswordHash(..) Passwords");
    }

    #[test]
    fn sec_5_nobodys_password_costs_what_anybodys_does() {
        let passwords = Passwords::new(NonZeroUsize::MIN).unwrap();
        let parameters = |hash: &PasswordHash| hash.as_str().split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        let hash = passwords.hash(&Secret::new("x")).unwrap();
        assert_eq!(parameters(&passwords.decoy), parameters(&hash));
    }

    #[test]
    fn turns_are_bounded_and_given_back() {
        let turns = Turns::new(2);
        let (first, _second) = (turns.take().unwrap(), turns.take().unwrap());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| turns.take().map(drop));
            drop(first);
            assert!(waiting.join().unwrap().is_ok());
        });
        turns.queue().waiting = 2 * WAITING;
        assert_eq!(turns.take().err(), Some(PasswordError::Busy));
    }
}
