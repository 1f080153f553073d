#!/usr/bin/env python3
"""Prints texts with credentials in the notations of products: commands, files, outputs and protocols, as their
documentation shows them.

    python3 documented.py > texts.jsonl

Each row has the name of its notation and a text, in which `V` is the secret; it is printed with three kinds of secrets.
The fields of a line are those of the other corpora. The texts were written before the rules for tables, servers and
devices, and no rule was written in their sight. Do not write rules for them: write other ones for a figure.
"""
import json
import random
import re
import string

rng = random.Random("independent-4711")
LETTERS = string.ascii_letters + string.digits
WORDS = ("abacus basalt cactus dimple easel fjord gopher hammock igloo jacket kayak ladder magnet napkin oyster paddle "
         "quartz rocket saddle teapot urchin vortex walrus yogurt").split()
# Paths of Windows, in which a backslash is no escape.
PLAIN = ("net-use", "winscp")


def chars(low, high):
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(low, high))) + "7q"


def chosen():
    word = rng.choice(WORDS).capitalize() + rng.choice(["", "-", "_"])
    return word + rng.choice(WORDS)[:4] + str(rng.randint(10, 9999))


def random_text():
    return chars(14, 30)


def groups():
    return "-".join(chars(length, length)[:length].lower() for length in (4, 5, 6))


ROWS = r'''
vault-approle|vault write auth/approle/login role_id=db-role secret_id=V
juniper-ike|set security ike policy P1 pre-shared-key ascii-text "V"
junos-snmp|set snmp community V authorization read-only
cisco-snmp|snmp-server community V RO
cisco-user|username admin privilege 15 secret 0 V
cisco-bgp|neighbor 10.0.0.1 password V
cisco-ospf|ip ospf message-digest-key 1 md5 V
cisco-keychain|key chain OSPF\n key 1\n  key-string V
cisco-ppp|ppp chap password 0 V
cisco-tacacs|tacacs server ISE\n address ipv4 10.0.0.5\n key V
fortigate-user|config user local\n    edit "bob"\n        set type password\n        set passwd V\n    next
fortigate-psk|config vpn ipsec phase1-interface\n    edit "hq"\n        set psksecret V\n    next
mikrotik-ppp|/ppp secret add name=vpn1 password=V service=l2tp
mikrotik-ipsec|/ip ipsec identity add peer=peer1 secret=V
mikrotik-wifi|/interface wireless security-profiles set default wpa2-pre-shared-key=V
haproxy-userlist|userlist ops\n  user admin insecure-password V
haproxy-stats|stats auth admin:V
postfix-sasl|[smtp.example.com]:587 relay@example.com:V
dovecot|bob:{PLAIN}V:1000:1000::/home/bob
wpa|network={\n  ssid="Home"\n  psk="V"\n}
nmcli|nmcli dev wifi connect Home password V
asterisk|[6001]\ntype=friend\nhost=dynamic\nsecret=V
freeradius-client|client nas1 {\n  ipaddr = 10.0.0.9\n  secret = V\n}
freeradius-user|bob Cleartext-Password := "V"
radtest|radtest bob V localhost 0 testing123
slapd|rootdn "cn=admin,dc=example,dc=com"\nrootpw V
ldif|dn: uid=bob,ou=people,dc=example,dc=com\nchangetype: modify\nreplace: userPassword\nuserPassword: V
mongo-create|db.createUser({user: "app", pwd: "V", roles: ["readWrite"]})
rabbit-add|rabbitmqctl add_user ann V
rabbit-conf|default_user = ann\ndefault_pass = V
nats-conf|authorization {\n  user: app\n  password: V\n}
es-users|elasticsearch-users useradd jack -p V -r network
clickhouse-user|CREATE USER ann IDENTIFIED WITH sha256_password BY 'V'
snowflake|CREATE USER ann PASSWORD='V' DEFAULT_ROLE = loader
mssql-login|CREATE LOGIN app WITH PASSWORD = 'V', CHECK_POLICY = ON
oracle-alter|ALTER USER app IDENTIFIED BY V
teradata|.logon tdprod/loader,V
db2|db2 connect to sample user bob using V
cqlsh|cqlsh -u cassandra -p V 10.0.0.4
influx|CREATE USER "ann" WITH PASSWORD 'V'
terraform-result|random_password.db.result = "V"
terraform-plan|  + master_password = "V"
ansible-inventory|web1 ansible_host=10.0.0.3 ansible_user=ops ansible_ssh_pass=V
ansible-extra|ansible-playbook site.yml -e "db_pass=V"
puppet|mysql::db { 'orders': user => 'app', password => 'V', host => 'localhost' }
chef|default['mysql']['server_root_password'] = 'V'
jenkins-xml|<com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl><username>ci</username><password>V</password>
gitlab-clone|git clone https://gitlab-ci-token:V@gitlab.example.com/a/b.git
azure-login|az login --service-principal -u 11111111-2222-3333-4444-555555555555 -p V --tenant contoso
azure-sp|{"appId": "a1", "displayName": "sp", "password": "V", "tenant": "t"}
aws-configure|aws configure set aws_secret_access_key V
aws-secret|aws secretsmanager create-secret --name db --secret-string V
aws-cognito|aws cognito-idp admin-set-user-password --user-pool-id p --username bob --password V --permanent
gcloud|gcloud sql users set-password postgres --instance=i1 --password=V
heroku|heroku config:set SECRET_KEY=V -a app
docker-login|docker login -u ci -p V registry.example.com
docker-secret|printf V | docker secret create db_pass -
npmrc|//registry.npmjs.org/:_authToken=V
keytool|keytool -genkeypair -alias a -keystore k.jks -storepass V
apksigner|apksigner sign --ks release.jks --ks-pass pass:V app.apk
openssl-passin|openssl rsa -in key.pem -passin pass:V -out out.pem
smb-mount|mount -t cifs //fs/share /mnt -o username=bob,password=V,vers=3.0
net-use|net use Z: \\fs\share V /user:bob
net-user|net user bob V /add
securestring|$s = ConvertTo-SecureString "V" -AsPlainText -Force
unattend|<AdministratorPassword><Value>V</Value><PlainText>true</PlainText></AdministratorPassword>
kickstart|rootpw --plaintext V
preseed|d-i passwd/root-password password V
cloud-init|chpasswd:\n  list: |\n    root:V\n  expire: false
chpasswd|echo root:V | chpasswd
wireguard|[Interface]\nPrivateKey = V\nAddress = 10.8.0.2/24
strongswan-psk|10.0.0.1 10.0.0.2 : PSK "V"
strongswan-eap|bob : EAP "V"
chap-secrets|bob * V *
grafana-cli|grafana-cli admin reset-admin-password V
grafana-ini|[security]\nadmin_user = admin\nadmin_password = V
alertmanager|smtp_auth_username: 'a@example.com'\nsmtp_auth_password: 'V'
logstash|output { elasticsearch { hosts => ["h"] user => "w" password => "V" } }
fluentd|<match **>\n  @type elasticsearch\n  user w\n  password V\n</match>
apache-ldap|AuthLDAPBindDN "cn=web"\nAuthLDAPBindPassword V
tomcat|<user username="tom" password="V" roles="manager-gui"/>
kafka-scram|kafka-configs.sh --alter --add-config 'SCRAM-SHA-256=[iterations=8192,password=V]' --entity-type users
zookeeper-auth|addauth digest super:V
jaas-digest|Server {\n  org.apache.zookeeper.server.auth.DigestLoginModule required\n  user_super="V";\n};
hadoop-cred|hadoop credential create db.alias -value V -provider jceks://x
spark|spark-submit --conf spark.hadoop.fs.s3a.secret.key=V app.jar
airflow|airflow users create --username ann --role Admin --password V
airflow-fernet|AIRFLOW__CORE__FERNET_KEY=V
rails|production:\n  secret_key_base: V
wordpress|define( 'DB_PASSWORD', 'V' );
wordpress-salt|define('AUTH_KEY',         'V');
flask|app.secret_key = 'V'
consul-acl|AccessorID:       4b8a1c2d-1111-4222-8333-9c0d5e6f7a8b\nSecretID:         V\nDescription:      Bootstrap Token
nomad-acl|Accessor ID  = 4b8a1c2d-1111-4222-8333-9c0d5e6f7a8b\nSecret ID    = V\nName         = Bootstrap Token
vault-login|Key                  Value\n---                  -----\ntoken                V\ntoken_accessor       q7xyA1\ntoken_duration       768h
gh-secret|gh secret set DB_PASSWORD --body V
teamcity|##teamcity[setParameter name='env.DB_PASSWORD' value='V']
mysql-temp|[Note] A temporary password is generated for root@localhost: V
pg-log|STATEMENT:  ALTER USER app WITH ENCRYPTED PASSWORD 'V';
jupyter|http://localhost:8888/lab?token=V
grpc-metadata|metadata: map[content-type:[application/grpc] x-api-key:[V]]
curl-v|> GET /v1/secret HTTP/1.1\n> X-Vault-Token: V\n> Accept: */*
ldapsearch|ldapsearch -x -D cn=admin,dc=example -w V -b dc=example
snmpd|rocommunity V 10.0.0.0/8
snmp-user|createUser bob SHA "V" AES
ipmi|ipmitool -I lanplus -H 10.0.0.7 -U ADMIN -P V chassis status
racadm|racadm set iDRAC.Users.2.Password V
mac-security|security add-generic-password -a bob -s svc -w V
mac-keychain|security unlock-keychain -p V login.keychain
dscl|dscl . -passwd /Users/bob V
gradle|signingConfigs { release { storePassword 'V' } }
dbi|my $dbh = DBI->connect("dbi:Pg:dbname=o", "app", "V");
smtp-login|server.login("a@example.com", "V")
wsse|<wsse:UsernameToken><wsse:Username>a</wsse:Username><wsse:Password Type="#PasswordText">V</wsse:Password>
imap|a1 LOGIN bob V
pop3|USER bob\n+OK\nPASS V\n+OK
redis-monitor|1700000000.123 [0 10.0.0.2:5000] "auth" "V"
otpauth|otpauth://totp/acme:bob?secret=V&issuer=acme
wifi-qr|WIFI:T:WPA;S:Home;P:V;;
expect|expect "assword:"\nsend "V\r"
psql-table| username | password_hash | api_key \n----------+---------------+---------\n bob      | x             | V\n(1 row)
mysql-table|+------+----------+\n| user | password |\n+------+----------+\n| bob  | V |\n+------+----------+
mysql-g|*************************** 1. row ***************************\n    user: bob\npassword: V
markdown-table|\| Service \| Token \|\n\|:--\|:--\|\n\| db \| V \|
tsv|user\tpassword\trole\nbob\tV\tadmin
csv-quoted|"user","password","role"\n"bob","V","admin"
csv-semicolon|user;password;role\nbob;V;admin
describe|Name:         db\nType:  Opaque\n\nData\n====\npassword:  V
gh-env|echo "API_TOKEN=V" >> $GITHUB_ENV
azure-appsettings|az webapp config appsettings set --settings DB_PASSWORD=V
passwd-prompt|New password for bob: V
sops|sops exec-env: DB_PASSWORD=V
htdigest|htpasswd -bc .htpasswd bob V
curl-form|curl -F password=V -F user=bob https://h/login
curl-data|curl -d '{"user":"bob","password":"V"}' https://h/login
multipart-raw|--X\r\nContent-Disposition: form-data; name="user"\r\n\r\nbob\r\n--X\r\nContent-Disposition: form-data; name="password"\r\n\r\nV\r\n--X--
elastic-setup|PASSWORD elastic = V
minio|mc alias set local http://h:9000 minio V
ftp-script|open ftp.example.com\nuser bob V\nput x
winscp|winscp.com /command "open sftp://bob:V@h/"
plink|plink -ssh bob@h -pw V
sqlplus|sqlplus app/V@//db1:1521/ORCL
impdp|expdp system/V directory=d dumpfile=x.dmp
'''.strip().splitlines()

for row in ROWS:
    kind, text = row.replace("\\|", "\0").split("|", 1)
    text = text.replace("\0", "|")
    if kind not in PLAIN:
        text = text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r")
    for number, make in enumerate((chosen, random_text, groups)):
        value = make()
        case = {"id": f"{kind}-{number}", "kind": kind, "shape": kind, "tier": "must",
                "input": re.sub(r"(?<![A-Za-z_])V(?![A-Za-z_0-9])", value, text), "must_not_contain": [value],
                "must_contain": [], "must_equal": False}
        print(json.dumps(case))
