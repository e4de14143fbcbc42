//! Secrets that the service manager makes.

use uuid::Uuid;

/// Returns a new secret: 64 hexadecimal digits, of which 244 bits are random.
pub(super) fn secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}
