//! Options and arguments of commands and functions that are secrets because of their position.

use crate::rules::list::{WordList, words};

/// The position of the secret in an option's argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `-psecret`
    Attached,
    /// `-p secret`, `-p=secret`
    Separate,
    /// `-u user:secret`, with this sign
    After(u8),
}

/// A short option. Long options are matched as keys: `--password secret`.
pub(crate) struct CommandOption {
    pub(crate) id: &'static str,
    pub(crate) option: &'static str,
    pub(crate) form: Form,
    /// The commands with this option. An empty list means all commands, if this or an earlier option has a user.
    pub(crate) commands: WordList,
    /// Words that exclude the option if `commands` is empty; for an attached option, other words that begin like it.
    pub(crate) except: WordList,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    /// `name("a", "b")`, and the index of the argument, counted from 0.
    Function(usize),
    /// A pattern of the text before an argument of a command, which may also be a word of a sentence.
    Command,
    /// A pattern of the text before a secret.
    Statement,
    /// `name argument | …`, with one of [`READERS`] or `-S` after the pipe.
    Piped,
}

/// A secret that its position in a call, a command or a line of a file shows.
pub(crate) struct Argument {
    pub(crate) id: &'static str,
    pub(crate) of: Callee,
    /// Names of functions, or patterns of the text before the secret, which begin with a word.
    ///
    /// In a pattern, `*` is an argument, or a part of one up to the next sign of the pattern, `@` the name of a secret,
    /// `…` any text of a line, and `⋮` any text of a statement with several such secrets. The secret directly follows a
    /// sign; it follows a word after a blank.
    pub(crate) names: WordList,
}

macro_rules! options {
    ($($id:literal $option:literal $form:ident $(($sign:literal))? $commands:literal $(except $words:literal)?)*) => {
        pub(crate) static OPTIONS: &[CommandOption] = &[$(CommandOption {
            id: $id,
            option: $option,
            form: Form::$form$(($sign))?,
            commands: words!($commands),
            except: words!(concat!("" $(, $words)?)),
        }),*];
    };
}

#[rustfmt::skip]
options! {
    "option-attached-password" "p" Attached
        "mysql, mysqldump, mysqladmin, mysqlimport, mysqlsh, mysqlbinlog, mysqlcheck, mysqlslap, \
    mysqlshow, mysqlpump, mariadb, mariadb-dump, mariadb-admin, mariadb-import, \
    mariadb-check, mariadb-show, mariadb-backup, sshpass, 7z, 7za, xtrabackup, mydumper, \
    myloader, rar, unrar"
        except "port, protocol, path, print-defaults, pager, prompt"
    "option-password" "p" Separate
        "sshpass, mysqlsh, login, twine, beeline, mongo, mongosh, mongodump, mongorestore, \
    mongoexport, mongoimport, htpasswd, kinit, ipmitool, redis-benchmark, clickhouse-client, \
    pgbadger, useradd, usermod, certutil, conan, esxcli"
        except "mkdir, cp, ssh, scp, docker run, nc"
    "option-password" "p" Separate
        ""
        except "mkdir, cp, ssh, scp, run, nc, psql, install, pytest, mysql, mysqldump, mariadb, mysqladmin"
    "option-attached-password" "hp" Attached
        "rar, unrar"
    "option-password-capital" "P" Separate
        "sqlcmd, bcp, isql, tsql, zip, unzip, osql, ipmitool, bteq, asadm, snmpwalk, fisql, \
    mosquitto_pub, mosquitto_sub, qpdf, gsql, ssh-keygen, p4, security"
        except "mysql, scp, curl"
    "option-password-capital" "P" Separate
        ""
        except "mysql, scp, curl, mysqldump"
    "option-attached-password-capital" "P" Attached
        "isql, sqlcmd, bcp, tsql, bteq, osql"
        except "Port"
    "option-snmp-secret" "A" Separate
        "snmpwalk, snmpget, snmpset, snmpbulkwalk, snmpgetnext, snmptrap, snmptable, net-snmp-create-v3-user"
    "option-snmp-secret" "X" Separate
        "snmpwalk, snmpget, snmpset, snmpbulkwalk, snmpgetnext, snmptrap, snmptable, net-snmp-create-v3-user"
    "option-snmp-secret" "c" Separate
        "snmpwalk, snmpget, snmpset, snmpbulkwalk, snmpgetnext, snmptrap, snmptable, net-snmp-create-v3-user"
    "option-bind-password" "w" Separate
        "ldapsearch, ldapadd, ldapmodify, ldapwhoami, ldapdelete, ldappasswd, ldapmodrdn, ldap_bind, vsql, nzsql"
        except "ping, curl"
    "option-bind-password" "s" Separate
        "ldappasswd"
    "option-auth" "a" Separate
        "redis-cli, valkey-cli, redis-benchmark, keydb-cli, sipsak"
    "option-token" "t" Separate
        "doctl, flyctl, vercel, codecov"
    "option-password-capital" "N" Separate
        "ssh-keygen"
    "option-key-password" "k" Separate
        "openssl, signcode, nuget"
    "option-user-password" "u" After(b':')
        ""
        except "docker, podman, nerdctl, chown, rsync, install, crictl, buildah, id, date, sudo, sort"
    "option-user-password" "U" After(b':')
        ""
        except "psql, docker"
    "option-user-password" "a" After(b':')
        "http, https, httpie, xh, ab, wrk, check_http, check_curl, check_tcp"
        except "rsync, date"
    "option-user-password" "A" After(b':')
        "ab, http, wrk"
    "option-user-percent-password" "U" After(b'%')
        "smbclient, net, rpcclient, mount.cifs, smbget, winexe, wmic, smbmap"
    "option-user-comma-password" "u" After(b',')
        "lftp"
}

macro_rules! arguments {
    ($($id:literal $callee:ident $(($place:literal))? $names:literal)*) => {
        pub(crate) static ARGUMENTS: &[Argument] = &[$(Argument {
            id: $id,
            of: Callee::$callee$(($place))?,
            names: words!($names),
        }),*];
    };
}

#[rustfmt::skip]
arguments! {
    "call-user-password" Function(1)
        "passwordauthentication, networkcredential, httpbasicauth, httpdigestauth, \
    usernamepasswordcredentials, basicauth, basic_auth, setbasicauth, login, \
    authenticate, usernamepasswordauthenticationtoken, withcredentials, with_credentials, \
    setcredentials, passwordcredential, ldap_bind_s, simple_bind_s, plaintextauthprovider, plaintextauthenticator, \
    db.auth, auth, signin, sign_in, log_in, signinwithemailandpassword, createuserwithemailandpassword, authenticateuser, plaincredentials, usernamepasswordcredential, passwordauth, basiccredentials, sqlcredential, credentials, basicawscredentials, \
    awsbasiccredentials.create, sharedkeycredential, storagesharedkeycredential, auth.basic, \
    authtokens.basic, usernamepassword, userpass, passwordcredentials, url.userpassword, \
    basicauthentication, credentials::new, basic, newstaticv4, newstaticcredentials, setauth, \
    digestauth, ntlmcredentials, awscredentials, user_and_password, username_pw_set, wifi.begin, cx_oracle.connect, oracledb.connect, dbms.security.createuser, set_credentials, \
    setusernamepassword, httpauth, http_basic, authplain, digest_auth, basicauthcredentials"
    "call-host-user-password" Function(2)
        "mysqli_connect, mysql_connect, pdo, pdo->__construct, drivermanager.getconnection, \
    getconnection, mysqli, oci_connect, ftp, minio, ftp_login, smtpauth, odbc_connect, \
    sqlsrv, mysql_pconnect, mysqli->__construct, mysqli->real_connect, mysqli_real_connect, \
    ldap_bind, driver->connect, connection->connect, plainauth, common.authenticate, execute_kw"
    "call-key" Function(0) "fernet, hmac.new, aes.new, secretkeyspec, pbekeyspec, communitydata, crypt"
    "call-key" Function(1)
        "pgp_sym_decrypt, pgp_sym_encrypt, jwt.encode, jwt.decode, jwt.sign, jwt.verify, \
    createhmac, hash_hmac"
    "call-host-user-password" Function(2)
        "clientsecretcredential, sequelize, mongocredential, dbi->connect, pymysql.connect, mysqldb.connect"
    "command-argument" Command
        "NickServ :IDENTIFY, NickServ :IDENTIFY *, NickServ IDENTIFY, NickServ IDENTIFY *, NickServ :REGISTER, \
    net user *, AUTH *, LOGIN *, cmdkey *, pg_md5 -u *, sp_addlogin *, net use *, net use * *, net use * * *, bw login *, \
    poetry config *, requirepass, masterauth, AUTH PLAIN, auth plain, AUTH LOGIN, AUTH, PASS, ConvertTo-SecureString, \
    ConvertTo-SecureString -String, ConvertTo-SecureString -AsPlainText -Force -String, \
    ConvertTo-SecureString -AsPlainText, enable secret, enable password, wsrep_sst_auth, vault login, cargo login, \
    bw unlock, flyctl auth token, fly auth token, rclone obscure, Bearer, bearer, BEARER, Basic, basic, Basic\\, \
    vault token lookup, vault token renew, vault token revoke, SecureString …--value, add-generic-password …-w, \
    add-internet-password …-w, unlock-keychain -p, set-password *, set_password *, change-password *, change_password *, \
    reset-password *, reset_password *, admins passwd *, set-initial-password, reset-admin-password, encrypt_string, \
    encrypt_string -n *, encrypt_string --name *, user create *, user add *, adduser *, add_user *, create_user *, \
    user-add *, OPER *, open *\nuser *, nsupdate -y *:*:, dig -y *:*:, option key, rocommunity, rwcommunity, rocommunity6, \
    rwcommunity6, expdp */, impdp */, userid=*/, user = \"*:, proxy-user = \"*:, EAP \", XAUTH \", NTLM \", PLAIN}, \
    CLEARTEXT}, CLEAR}, openssl passwd, openssl passwd -1, openssl passwd -5, openssl passwd -6, openssl passwd -apr1, \
    ConvertTo-SecureString …\", hostednetwork …key=, signtool …/p, vault operator unseal, vault unseal, wandb login, \
    snyk auth, bundle config * *:, bundle config set --global * *:, bundle config set --local * *:, bundle config set * *:, composer config http-basic.* *, user set password *, hdbuserstore set * * *, \
    hdbuserstore SET * * *, SQLConnectInfo * *, mysql_servers = */*/*/, BasicAuth *, users *:CL:, authCommunity log, \
    com2sec * *, trapsink *, trap2sink *, informsink *, AuthInfo:…\"P:, User *\nPass, AUTHENTICATE, AUTHENTICATE PLAIN, \
    AUTHENTICATE XOAUTH2, AUTH XOAUTH2, base64 -d\n, base64 --decode\n, base64 -D\n, pass show *\n, op read *\n, \
    gh auth token\n, print-access-token\n, create account admin *, create account user *, smbclient //*/*, isql * *, \
    logon */, auth\" \", mechanism='PLAIN'>, mechanism=\"PLAIN\">, openssl rand …\n, pwgen …\n, print-identity-token\n, \
    get secret …jsonpath=…\n, get secret …template=…\n, kv get …-field=…\n, vault read …-field=…\n, \
    get-secret-value …text\n, get-parameter …text\n, secret show …tsv\n, secrets versions access …\n, \
    terraform output -raw …\n, config:get …\n, secrets get …--plain\n, keygen\n, auth:token\n, sp_password, sp_password *, \
    get-random-password …text\n, sapcontrol …-user *, config http-basic.* *"
    "command-credential" Statement
        "htpasswd -nb *, htpasswd -bn *, htpasswd -b * *, htpasswd -bc * *, htpasswd -cb * *, htpasswd -bB * *, \
    htpasswd -cbB * *, htpasswd -bcB * *, rabbitmqctl add_user *, rabbitmqctl change_password *, \
    rabbitmqctl authenticate_user *, wpa_passphrase *, mc alias set * * *, mc config host add * * *, schtasks …/RP, \
    schtasks …/rp, rootpw --plaintext, dscl …-passwd *, addauth digest *:, ejabberdctl register * *, \
    prosodyctl register * *, qpdf --encrypt *, qpdf --encrypt, createUser * SHA, createUser * MD5, createUser * SHA-256, \
    createUser * SHA-512, htpasswd -nbB *, htpasswd -nbm *, htpasswd -bm * *, htpasswd -b -c * *, htpasswd -c -b * *, \
    htpasswd -b -B * *, mosquitto_passwd -b * *, .LOGON */*,, LOGON */*,, .logon */*,, remote:*/* *, \
    config set --secret *, LOGIN * \", MIGRATE …AUTH, MIGRATE …AUTH2 *, OPENROWSET(…;'*';\", connect(\"weblogic\",\", \
    AT+CGAUTH=*,*,\", AT+CWJAP=\"*\",\", AT+CWSAP=\"*\",\", server command: /login, server command: /register, \
    server command: /l, server command: /reg, server command: /changepassword"
    "sql-identified-by" Statement
        "IDENTIFIED BY, IDENTIFIED BY PASSWORD, IDENTIFIED WITH * BY, IDENTIFIED WITH * AS, \
    user * identified by, role * identified by"
    "server-credential" Statement
        "radtest * * * *, radtest *, PASSWORD * =, WIFI:…P:, Key Content…:, user * using, USER * USING, user * USING, login = cleartext, chap = cleartext, pap = cleartext, UGFzc3dvcmQ6\nC:, UGFzc3dvcmQ6\n…> , AUTH CRAM-MD5\n…334 …\n…> , AUTH CRAM-MD5\n…334 …\nC: , admins]\n* =, form-string \"user=, authentication: simple (0)\n simple:, password:\"\nsend \", Password:\"\nsend \", assword:\"\nsend \", assword: \"\nsend \", \
    login * password, password \"*\" \", user * password irreversible-cipher, user * password cipher, user * password simple, user * password, login * pass, user * pass, username * password, username * password 0, \
    username * password 7, username * secret 0, username * secret, user * on >, user * on … >, ACL SETUSER * …>, PlainLoginModule required⋮user_*=, DigestLoginModule required⋮user_*=, \
    AUTH\n$*\n*\n$*\n, AUTH\n$*\n, Basic { decoded: \"*:, Basic {\n decoded: \"*:, \
    set-env * @, sp_addlinkedsrvlogin * * * *, ipmitool user set password *, sedutil-cli --initialSetup, AVP …val=Decrypted:, \
    node.session.auth.password -v, CONFIG SET requirepass, CONFIG SET masterauth, USER *\nPASS, USER *\n331 …\n…PASS, USER *\n+OK…\n…PASS, NICK *\nPASS, \
    priv des56, privacy-mode aes128, privacy-mode des56, authentication-mode sha, authentication-mode md5, password_pbkdf2 *, \
    connect */\", conn */\", etcdctl user add *:, auth-pass *, stats auth *:, impacket */*:, impacket-psexec */*:, \
    impacket-secretsdump */*:, impacket-wmiexec */*:, impacket-smbexec */*:"
    "device-credential" Statement
        "snmp-server community, set snmp community, snmp-agent community read cipher, snmp-agent community write cipher, \
    tacacs-server host …key 0, tacacs-server host …key 7, radius-server host …key 0, radius-server host …key 7, tacacs-server key 0, \
    tacacs-server key 7, radius-server key 0, radius-server key 7, psksecret ENC, snmp-agent community read, snmp-agent community write, \
    snmp-server user …auth sha, snmp-server user …auth md5, snmp-server user …priv aes 128, \
    snmp-server user …priv des, snmp-server host * version 2c, \
    snmp-server host * traps version 2c, crypto isakmp key 0, crypto isakmp key 6, pre-shared-key local, pre-shared-key remote, \
    enable password level * 0, enable password level * 7, ospf authentication-key 0, ospf authentication-key 7, \
    message-digest-key * md5 0, message-digest-key * md5 7, ntp authentication-key * md5, ntp authentication-key * sha1, \
    tacplus-server * secret, radius-server * secret, password manager user-name * plaintext, failover key, \
    aaa-server * host *\n key, server-private * …key, super password simple, super password cipher, super password role * simple, super password role * cipher, \
    authentication simple, authentication cipher, accounting simple, accounting cipher, \
    authorization simple, authorization cipher, authentication-server radius *\n key, \
    authentication-server tacacs *\n key, radius server *\n address ipv4 *\n key, set-key ascii, set-key hex, \
    akm psk set-key ascii, v2c (1)\n community:, version-1 (0)\n community:, neighbor * password 7, neighbor * password, vrrp * authentication text, vrrp * authentication, glbp * authentication text, \
    glbp * authentication md5 key-string, set secret ENC, set secret, crypto isakmp key, \
    pre-shared-key ascii-text, tacacs-server key, radius-server key, \
    tacacs-server host …key, radius-server host …key, tacacs server *\n address ipv4 *\n key, \
    ospf message-digest-key * md5, standby * authentication, standby * authentication md5 key-string, \
    ospf authentication-key, key-string, key-string *, psksecret, wpa-psk ascii, wpa-psk ascii 0"
    "announced-secret" Statement
        "add-mask::, password\").type(\", password]\").type(\", password\"]\").type(\", password\").fill(\", password]\").fill(\", password\"]\").fill(\", password\").sendKeys(\", password\").send_keys(\", password\").setValue(\", password\").val(\", password\").clear().type(\", \
     set-output name=@::, save-state name=@::, task.setvariable …issecret=true…], \
    task.setvariable variable=@…], successfully reset.\nNew value:, \
    Content-Disposition: form-data; name=\"@\"\n\n, Content-Disposition: form-data; name=\"@\"\nContent-Type: …\n\n"
    "piped-password" Piped "echo, echo -n, printf, printf *"
    "piped-password" Command "sudo -S …<<<, kinit …<<<, pass insert …<<<, passwd …<<<, env add …<<<, secret put …<<<, secret set …<<<, store-secret …<<<, chpasswd …<<<, smbpasswd …<<<, \
    cryptsetup …<<<, ssh-add …<<<, vncpasswd …<<<, adcli …<<<, login …<<<"
}

/// Commands and options that read a password from their input.
pub(crate) static READERS: WordList = words!(
    "chpasswd, smbpasswd, password-stdin, passphrase-fd, with-token, cryptsetup, kinit, insert, stdin, \
    passwd-on-stdin, token-stdin, pass-stdin, key-stdin, pw-stdin, pinentry-mode, passwd-file, vncpasswd, \
    passphrase-stdin, pass-fd, password-fd, from-stdin, openconnect, mount.cifs, mkpasswd, pw, saslpasswd2, ldappasswd"
);

/// Names of options, besides `-u`, whose argument contains a user and a password.
pub(crate) static USER_WORDS: WordList = words!("su, user, username, proxy-user");

/// Options and words that name a user. After one of them, the argument of `-p` is a password.
pub(crate) static USER_OPTIONS: WordList = words!("u, U, D, user, username, login, uid, usr");

/// Verbs in the names of functions that take the name of a secret instead of the secret.
pub(crate) static ASKING_VERBS: WordList = words!(
    "get, fetch, read, load, find, is, has, lookup, describe, list, delete, resolve, env, \
    parse, next, peek, expect, require"
);

/// Verbs in the names of functions that take the secret as their last argument.
pub(crate) static SETTING_VERBS: WordList = words!("set, change, update, put, add, with");

/// Functions and types that only wrap a value.
pub(crate) static WRAPPERS: WordList = words!(
    "some, ok, just, optional, secretstr, secretstring, redacted, string, from, of, right, \
    success, masked, sensitive, plaintext, str, quoted, securestring, value, unquote, text, \
    new, chr, convertto-securestring, getbytes, simple-string, bulk-string"
);

impl Argument {
    /// Returns the text that has the anchor of a name: the first word of a pattern, or the last word of a function.
    pub(crate) fn head(&self, name: &'static str) -> &'static str {
        let ends = match self.of {
            Callee::Function(_) => {
                return name
                    .rsplit(['.', '>', ':', '-'])
                    .find(|word| !word.is_empty())
                    .unwrap_or(name);
            }
            _ => |sign: char| !sign.is_ascii_alphanumeric() && !"_.-".contains(sign),
        };
        name.split(ends).next().unwrap_or(name)
    }
}
