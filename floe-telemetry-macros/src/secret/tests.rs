//! Names that are refused, and others that are not.

use super::*;

const SECRET: &str = "
    access_key account_key accountKey api_key apiKey apikey auth authToken authorization
    aws_secret_access_key bearer connection_string cookie cookies credentials creds cvv
    database_url db_password dbpassword dsn db_url encryption_key id_token jwt master_key otp
    pass passcode passphrase passwd password password2 password_hash passwords private_key
    private_key_pem psk pw pwd APIKey refreshToken refresh_token secret secret_bytes
    secret_key secrets session_id sessionId shared_key signing_key ssh_key token token_str
    token_value tokens totp user_pass contraseña ПАРОЛЬ";

const HARMLESS: &str = "
    author base_url bytes cache_key client_key compass content_hash asset_key has_token isSecret
    key max_tokens parent_hash partition_key password_age password_min_length pat primary_key
    secret_name secretary key_name provider session session_count table token_count token_type";

#[test]
fn names_of_credentials_are_refused() {
    for name in SECRET.split_whitespace() {
        assert!(is_named_by(name), "not refused: {name}");
    }
    for name in HARMLESS.split_whitespace() {
        assert!(!is_named_by(name), "refused: {name}");
    }
}
