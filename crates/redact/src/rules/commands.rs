//! Options and arguments of commands and functions that are secrets because of their position.

use crate::rules::list::{WordList, words};

/// The position of the secret in an option's argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `-psecret`
    Attached,
    /// `-p secret`, `-p=secret`
    Separate,
    /// `-u user:secret`
    AfterColon,
    /// `-U user%secret`
    AfterPercent,
}

/// A short option. Long options are matched as keys: `--password secret`.
#[derive(Debug)]
pub(crate) struct CommandOption {
    pub(crate) id: &'static str,
    pub(crate) option: &'static str,
    pub(crate) form: Form,
    /// The commands with this option. An empty list means all commands, if this or an earlier option has a user.
    pub(crate) commands: WordList,
    /// Words that exclude the option if `commands` is empty; for an attached option, other words that begin like it.
    pub(crate) except: WordList,
    pub(crate) secret: &'static [&'static str],
    pub(crate) benign: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    /// `name("a", "b")`
    Function,
    /// `name(Array, "a", "b")`, as printed in a stack trace of PHP.
    Trace,
    /// `name word -option argument argument`
    Command,
}

/// An argument of a command or of a function that belongs to no option.
#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) id: &'static str,
    pub(crate) of: Callee,
    /// Names of functions, or commands with the words and options after them, as in `net user`.
    pub(crate) names: WordList,
    /// The index of the argument after the name, counted from 0.
    pub(crate) place: usize,
    pub(crate) secret: &'static [&'static str],
    pub(crate) benign: &'static [&'static str],
}

#[rustfmt::skip]
pub(crate) static OPTIONS: &[CommandOption] = &[
    CommandOption { id: "option-attached-password", option: "p", form: Form::Attached, except: words!["port", "protocol", "path", "print-defaults", "pager", "prompt"],
        commands: words!["mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlsh", "mysqlbinlog", "mysqlcheck", "mysqlslap", "mysqlshow", "mysqlpump", "mariadb", "mariadb-dump", "mariadb-admin", "mariadb-import", "mariadb-check", "mariadb-show", "mariadb-backup", "sshpass", "7z", "7za", "xtrabackup", "mydumper", "myloader", "rar", "unrar"],
        secret: &["mysql -uroot -ps3cr3tpw -h db", "7z x -pwinter backup.7z"], benign: &["mysql -port 3306", "tar -pxf x.tar"] },
    CommandOption { id: "option-password", option: "p", form: Form::Separate, except: words!["mkdir", "cp", "ssh", "scp", "docker run", "nc"],
        commands: words!["sshpass", "mysqlsh", "login", "twine", "beeline", "mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport", "htpasswd", "kinit", "ipmitool", "redis-benchmark", "clickhouse-client", "pgbadger"],
        secret: &["sshpass -p 'ZpLTs1AK' scp a b", "docker login -u bob -p winter77 r.example.com"], benign: &["docker run -p 8080:80 app", "mkdir -p /srv/x"] },
    CommandOption { id: "option-password", option: "p", form: Form::Separate, except: words!["mkdir", "cp", "ssh", "scp", "run", "nc", "psql", "install", "pytest", "useradd", "mysql", "mysqldump", "mariadb", "mysqladmin"], commands: words![],
        secret: &["loader -u bob -p winter77 -h db"], benign: &["psql -U bob -p 5432"] },
    CommandOption { id: "option-password-capital", option: "P", form: Form::Separate, except: words!["mysql", "scp", "curl"],
        commands: words!["sqlcmd", "bcp", "isql", "tsql", "zip", "unzip", "osql", "ipmitool", "bteq", "snmpwalk", "fisql", "mosquitto_pub", "mosquitto_sub", "qpdf", "gsql"],
        secret: &["sqlcmd -S db -U sa -P Winter77"], benign: &["mysql -P 3306"] },
    CommandOption { id: "option-password-capital", option: "P", form: Form::Separate, except: words!["mysql", "scp", "curl", "mysqldump"], commands: words![],
        secret: &["loader -U bob -P Winter77 -d x"], benign: &["mysql -u bob -P 3306"] },
    CommandOption { id: "option-attached-password-capital", option: "P", form: Form::Attached, except: words!["Port"],
        commands: words!["isql", "sqlcmd", "bcp", "tsql", "bteq", "osql"],
        secret: &["isql -Uloader -Pwinter77! -Sdb"], benign: &["mysql -Port 1"] },
    CommandOption { id: "option-snmp-secret", option: "A", form: Form::Separate, except: words![], commands: words!["snmpwalk", "snmpget", "snmpset", "snmpbulkwalk", "snmptrap", "snmptable"],
        secret: &["snmpget -v3 -u bob -A winter77 -x AES h"], benign: &["grep -A 5 x f"] },
    CommandOption { id: "option-snmp-secret", option: "X", form: Form::Separate, except: words![], commands: words!["snmpwalk", "snmpget", "snmpset", "snmpbulkwalk", "snmptrap", "snmptable"],
        secret: &["snmpget -v3 -u bob -x AES -X winter77 h"], benign: &["curl -X POST h"] },
    CommandOption { id: "option-snmp-secret", option: "c", form: Form::Separate, except: words![], commands: words!["snmpwalk", "snmpget", "snmpset", "snmpbulkwalk", "snmptrap", "snmptable"],
        secret: &["snmpwalk -v2c -c winter77 h system"], benign: &["psql -c select"] },
    CommandOption { id: "option-bind-password", option: "w", form: Form::Separate, except: words!["ping", "curl"],
        commands: words!["ldapsearch", "ldapadd", "ldapmodify", "ldapwhoami", "ldapdelete", "ldappasswd", "ldapmodrdn", "ldap_bind"],
        secret: &["ldapsearch -D cn=admin -w winter77 -b dc=x", "ldap_bind: Invalid credentials (49): -D cn=admin -w winter77"], benign: &["ping -w 5 host"] },
    CommandOption { id: "option-auth", option: "a", form: Form::Separate, except: words![], commands: words!["redis-cli", "valkey-cli", "redis-benchmark", "keydb-cli"],
        secret: &["redis-cli -h cache -a winter77 ping"], benign: &["ls -a dir"] },
    CommandOption { id: "option-key-password", option: "k", form: Form::Separate, except: words![], commands: words!["openssl", "signcode"],
        secret: &["openssl enc -aes-256-cbc -k winter77 -in x"], benign: &["curl -k https://h"] },
    CommandOption { id: "option-user-password", option: "u", form: Form::AfterColon, except: words!["docker", "podman", "nerdctl", "chown", "rsync", "install", "crictl", "buildah", "id", "date", "sudo", "sort"], commands: words![],
        secret: &["curl -u bob:winter77 https://h", "curl -X GET -u 'bob:winter 77' h"], benign: &["docker run -u 1000:1000 app", "curl -u bob: https://h"] },
    CommandOption { id: "option-user-password", option: "U", form: Form::AfterColon, except: words!["psql", "docker"], commands: words![],
        secret: &["curl -U bob:winter77 -x proxy h"], benign: &["psql -U bob:x"] },
    CommandOption { id: "option-user-password", option: "a", form: Form::AfterColon, except: words!["rsync", "date"], commands: words!["http", "https", "httpie", "xh", "ab", "wrk"],
        secret: &["http -a bob:winter77 GET h/api"], benign: &["rsync -a a:b c"] },
    CommandOption { id: "option-user-password", option: "A", form: Form::AfterColon, except: words![], commands: words!["ab", "http", "wrk"],
        secret: &["ab -A bob:winter77 http://h/"], benign: &["grep -A 5:x f"] },
    CommandOption { id: "option-user-percent-password", option: "U", form: Form::AfterPercent, except: words![], commands: words!["smbclient", "net", "rpcclient", "mount.cifs", "smbget", "winexe", "wmic", "smbmap"],
        secret: &["smbclient //h/s -U 'bob%winter77'"], benign: &["date -u +%s"] },
];

#[rustfmt::skip]
pub(crate) static ARGUMENTS: &[Argument] = &[
    Argument { id: "call-user-password", of: Callee::Function, place: 1,
        names: words!["passwordauthentication", "networkcredential", "httpbasicauth", "httpdigestauth", "usernamepasswordcredentials", "basicauth", "basic_auth", "setbasicauth", "plainauth", "login", "authenticate", "usernamepasswordauthenticationtoken", "withcredentials", "with_credentials", "setcredentials", "passwordcredential", "plaintextauthprovider", "plaintextauthenticator", "db.auth", "auth", "basiccredentials", "sqlcredential", "credentials", "basicawscredentials", "awsbasiccredentials.create", "sharedkeycredential", "storagesharedkeycredential", "auth.basic", "authtokens.basic", "usernamepassword", "userpass", "passwordcredentials", "url.userpassword", "basicauthentication", "credentials::new", "basic", "newstaticv4", "newstaticcredentials", "setauth", "digestauth", "ntlmcredentials", "awscredentials", "user_and_password"],
        secret: &["new PasswordAuthentication(\"bob\", \"winter77\")", "NetworkCredential(\"user\", \"hunter2x\")", "auth=('bob', 'winter77')"],
        benign: &["login(\"bob\")", "auth=('bob', None)"] },
    Argument { id: "call-host-user-password", of: Callee::Function, place: 2,
        names: words!["mysqli_connect", "mysql_connect", "pdo", "pdo->__construct", "drivermanager.getconnection", "getconnection", "mysqli", "oci_connect", "ftp", "minio", "ftp_login", "smtpauth", "odbc_connect", "sqlsrv", "mysql_pconnect", "mysqli->__construct", "mysqli->real_connect", "mysqli_real_connect", "ldap_bind"],
        secret: &["mysqli_connect(\"db\", \"bob\", \"winter77\", \"x\")", "DriverManager.getConnection(\"jdbc:x\", \"bob\", \"winter77\")"],
        benign: &["getConnection(\"jdbc:x\")", "ftp.connect('db', 5432, 'orders')"] },
    Argument { id: "call-host-user-password", of: Callee::Trace, place: 2, names: words!["connect"],
        secret: &["Driver->connect(Array, 'bob', 'winter77', Array)", "connect(Array,'bob','winter77',Array)"],
        benign: &["connect('db', 5432, 'orders')", "connect(Array, 'bob')"] },
    Argument { id: "call-key", of: Callee::Function, place: 0, names: words!["fernet", "hmac.new", "aes.new", "secretkeyspec"],
        secret: &["Fernet(b\"TVZtUVJOMVVock1xUDFKVHRFd0d5WmxyZDdoSmt5ZHk=\")"], benign: &["Fernet(key)"] },
    Argument { id: "call-key", of: Callee::Function, place: 1, names: words!["pgp_sym_decrypt", "pgp_sym_encrypt", "jwt.encode", "jwt.decode", "jwt.sign", "jwt.verify", "createhmac", "hash_hmac"],
        secret: &["jwt.encode(payload, \"2J4tUSAWiflsXHp4noo2\", algorithm=\"HS256\")"], benign: &["jwt.decode(token, key)"] },
    Argument { id: "call-host-user-password", of: Callee::Function, place: 2, names: words!["clientsecretcredential", "sequelize", "mongocredential", "dbi->connect", "pymysql.connect"],
        secret: &["new Sequelize('events', 'loader', 'kestrel4451', {})"], benign: &["pymysql.connect('db', 'bob')"] },
    Argument { id: "command-argument", of: Callee::Command, place: 1,
        names: words!["net user", "htpasswd -nb", "htpasswd -bn", "AUTH", "LOGIN", "rabbitmqctl add_user", "rabbitmqctl change_password", "rabbitmqctl authenticate_user", "cmdkey", "pg_md5 -u"],
        secret: &["net user bob winter77 /add", "rabbitmqctl change_password bob winter77"],
        benign: &["net user bob /delete", "net user bob"] },
    Argument { id: "command-argument", of: Callee::Command, place: 2,
        names: words!["htpasswd -b", "htpasswd -bc", "htpasswd -cb", "htpasswd -bB", "htpasswd -cbB", "htpasswd -bcB"],
        secret: &["htpasswd -bc /etc/users bob winter77"],
        benign: &["htpasswd -c /etc/users bob"] },
    Argument { id: "command-argument", of: Callee::Command, place: 0,
        names: words!["requirepass", "masterauth", "AUTH PLAIN", "auth plain", "AUTH LOGIN", "AUTH", "PASS", "ConvertTo-SecureString", "ConvertTo-SecureString -String", "ConvertTo-SecureString -AsPlainText -Force -String", "ConvertTo-SecureString -AsPlainText", "enable secret", "enable password", "snmp-server community", "wsrep_sst_auth", "vault login"],
        secret: &["requirepass winter77x", "vault login 6f9619ff-8b86-d011-b42d-00cf4fc964ff", "AUTH PLAIN AGJvYgB3aW50ZXI3Nw=="],
        benign: &["requirepass \"\"", "AUTH PLAIN LOGIN", "vault login -method=userpass", "vault login failed"] },
];

/// The text that a stack trace prints in place of an argument with several values.
pub(crate) static DUMPED: WordList = words!["array"];

/// Names of options, besides `-u`, whose argument contains a user and a password.
pub(crate) static USER_WORDS: WordList = words!["su", "user", "username", "proxy-user"];

/// Options and words that name a user. After one of them, the argument of `-p` is a password.
pub(crate) static USER_OPTIONS: WordList =
    words!["u", "U", "D", "user", "username", "login", "uid", "usr"];

/// Verbs in the names of functions that take the name of a secret instead of the secret.
#[rustfmt::skip]
pub(crate) static ASKING_VERBS: WordList = words![
    "get", "fetch", "read", "load", "find", "is", "has", "lookup", "describe", "list", "delete",
    "resolve", "env", "parse", "next", "peek", "expect", "require",
];

/// Functions and types that only wrap a value.
#[rustfmt::skip]
pub(crate) static WRAPPERS: WordList = words![
    "some", "ok", "just", "optional", "secretstr", "secretstring", "redacted", "string", "from",
    "of", "right", "success", "masked", "sensitive", "plaintext", "str", "quoted", "securestring",
    "value", "unquote", "text", "new", "chr",
];

/// Returns the word of a name in [`ARGUMENTS`] by which it is looked up: the command, or the last word of a function.
pub(crate) fn last_word(name: &str) -> &str {
    let command = name.split(' ').next().unwrap_or(name);
    command.rsplit(['.', '>', ':', '-']).find(|word| !word.is_empty()).unwrap_or(command)
}
