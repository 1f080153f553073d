#![doc = include_str!("../README.md")]
#![no_std]

/// Calls a macro with the rows of the table: an id, a kind, perhaps flags, and names.
///
/// A name is written in lower case with spaces between its words. With a `*` in front, it may also begin inside a word.
/// A `~` stands before names that are also ordinary names of parameters and fields: they are redacted, if their values
/// look like secrets, but not refused.
#[macro_export]
macro_rules! secret_names {
    ($rows:ident) => {
        $rows! {
            "password" Password "*password, *passwd, *pswd, pw, *dbpass, *userpass, *storepass, *keypass, *smtppass, \
            *sshpass, *rootpass, *pasword, *passwrd, *paswd, *passord, *kodeord, pwrd, psw, *passwords, passe, *bindpw, \
            *rootpw, *remotepass, *adminpass, *mailpass, *newpass, *ftppass, *sudopass, *wifipass, *certpass, *symmkey, authtok, monpass, rediscli auth, *requirepass, masterauth"
            "password" Password (Folder) "*pwd, oldpwd"
            "password" Password (Verb) "pass"
            "passphrase" Password "*passphrase, *passcode, pass phrase, one time password"
            "password-in-another-language" Password "*passwort, *kennwort, *contrasena, *contraseña, *motdepasse, \
            *senha, *lösenord, parola, *parool, jelszo, *wachtwoord, *hasło, haslo, salasana, heslo, şifre, sifre, \
            jelszó, mdp, ~clave, adgangskode, geslo, lozinka, лозинка, Лозинка, parolă, palavra passe, kata sandi, пароль, Пароль, ПАРОЛЬ, 密码, 密碼, パスワード, 비밀번호"
            "secret" Named "*secret, ~pepper, erlang cookie, shared secret, secret value, whsec, *sharedsecret, client secret, \
            secret key base"
            "token" Secret (Alone) "*token, ~pat, bearer, bot token, github oauth, gitlab oauth, *sonarlogin, ~crumb, \
            csrf, xsrf, nonce token"
            "secrets" Weak (Many) "*tokens, *secrets"
            "kubernetes-secret" Password "~string data"
            "jwt" Secret "jwt, ~assertion, client assertion"
            "credential" Named (Login, Alone) "*credential, *credentials, creds, cred"
            "api-key" Secret "api key, *apikey, app key, *appkey, application key, app secret, developer key, \
            dev key, admin api key, ~write key, ingest key, ~insert key, ingestion key, ~integration key, \
            ~functions key, ~function key, subscription key, goog api key, dd api key, clickhouse key, admin key, \
            ~service key, license key, licence key, art api, honeycomb team, instrumentation key, aws key, sec key, \
            authkey, *authkey, auth key"
            "access-key" Secret "access key, *accesskey, secret access key, *secretkey, secret key, account key, \
            *accountkey, ~storage key, shared access key, *sharedaccesskey, shared key, *sharedkey, cosmos key, \
            access secret, consumer secret"
            "private-key" Secret "private key, *privatekey, signing key, sign key, encryption key, *encryptionkey, \
            encrypt key, decryption key, master key, *masterkey, cipher key, crypt key, aes key, hmac key, \
            deploy key, jwt key, ~session key, ~server key, ~client key, security key, secure key, unseal key, \
            recovery key, preshared key, pre shared key, *presharedkey, ~validation key, ~machine key, tls key, \
            wrapping key, age key, fernet key, tsig key, activation key, enrollment key, enrolment key, provisioning key, \
            ~network key, ~link key, ~nwk key, ~*nwkskey, ~*appskey, ~local key, ~wep key, ~pskc, ~ltk, ~irk, ~skey, ~join key, ~pairing key"
            "seed-phrase" Secret (Words) "seed phrase, ~mnemonic, recovery phrase, secret phrase, mnemonic phrase"
            "ssh-key-file" Weak "~id rsa, ~id ed25519, ~id ecdsa, ~id dsa"
            "pre-shared-key" Password "psk, *psk, wpa passphrase"
            "shared-key" Secret "~wpa, auth pass, priv pass, enable secret, pragma key, pragma rekey, \
            snmp community, community string, key material, *keymaterial, nt hash, nthash, ntlm hash, lm hash"
            "one-time-code" Code "otp, totp, ~pin, ~pincode, cvv, ~cvc, ~mfa code, ~otp code, ~verification code, \
            ~security code, ~login code, ~*2fa, ~one time code, ~unlock code, ~puk"
            "recovery-code" Named (Many) "recovery code, backup code"
            "recovery-code" Weak (Many) "auth code, *authcode, ~access code, ~*accesscode, ~activation code, \
            ~reset code, ~device code, ~user code, ~authorization code, ~invite code, ~code verifier, ~secret id"
            "session-id" Context "*sessionid, *sessid, ~session, ~sid, ~sess, ~*aspxauth"
            "session" Weak (Login, Noun) "~session key, auth, ~authentication, ~otk"
            "login" Weak (Login) "~basic auth, ~userpwd, ~http auth, ~user pwd, ~login"
            "signature" Weak "~signature, ~sig, ~salt, ~*passwordsalt, ~*hashsalt, ~community, ~rocommunity, ~rwcommunity, ~hmac, ~sas, ~amz signature, ~goog signature"
            "key" Context (Noun) "~key, ~code, ~wskey, ~appid"
            "json-web-key" Context "~kty"
            "key" Context "~keys, ~phrase, ~*samlresponse, ~request token"
            "authorization" Authorization "*authorization, proxy auth"
            "cookie" Cookie "*cookie, cookies, set cookie"
        }
    };
}

/// Ends of further names, in lower case and without separators. A value is a secret as far as it looks like one.
pub const ADDRESSES: &str = "connectionstring, databaseurl, dburl, dsn, sshkey";
