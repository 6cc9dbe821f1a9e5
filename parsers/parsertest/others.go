package parsertest

// Others holds lines of each format by its name, for the test that no format
// claims those of another. All are handmade.
var Others = map[string]string{
	"postfix": `Mar  3 10:18:20 out1 postfix/smtpd[2201]: A89EB7629C3: client=app1.example.com[192.0.2.7]
Mar  3 10:18:20 out1 postfix/qmgr[1150]: A89EB7629C3: from=<bounce@example.com>, size=24310, nrcpt=2 (queue active)
Mar  3 10:18:21 out1 postfix/smtp[2215]: A89EB7629C3: to=<anna@example.net>, relay=mx.example.net[203.0.113.21]:25, delay=0.8, delays=0.06/0/0.34/0.4, dsn=2.0.0, status=sent (250 2.0.0 OK)
Mar  3 10:18:21 out1 postfix/smtp[2215]: A89EB7629C3: host mx.example.net[203.0.113.21] refused to talk to me: 421 Too many connections
Mar  3 10:18:22 out1 postfix/qmgr[1150]: A89EB7629C3: removed`,
	"exim": `2026-03-03 10:18:20 1wvYIb-00000005S1o-3buz <= news@example.com H=app1.example.com [192.0.2.7] P=esmtps S=1234 id=1@example.com
2026-03-03 10:18:21 1wvYIb-00000005S1o-3buz => anna@example.net R=dnslookup T=remote_smtp H=mx.example.net [203.0.113.21] C="250 OK"
2026-03-03 10:18:21 1wvYIb-00000005S1o-3buz == bob@example.net R=dnslookup T=remote_smtp defer (-44) H=mx.example.net [203.0.113.21]: SMTP error from remote mail server after RCPT TO:<bob@example.net>: 451 4.7.0 later
2026-03-03 10:18:22 1wvYIb-00000005S1o-3buz Completed`,
	"sendmail": `Mar  3 10:18:20 out1 sm-mta[2201]: 623AIKab002201: from=<news@example.com>, size=1234, class=0, nrcpts=1, msgid=<1@example.com>, proto=ESMTP, daemon=MTA, relay=app1.example.com [192.0.2.7]
Mar  3 10:18:21 out1 sm-mta[2203]: 623AIKab002201: to=<anna@example.net>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=121234, relay=mx.example.net. [203.0.113.21], dsn=2.0.0, stat=Sent (OK)`,
	"opensmtpd": `Mar  3 10:18:21 out1 smtpd[75295]: 5df87c9b982c840c mta delivery evpid=3d4c4a424797fe79 from=<news@example.com> to=<anna@example.net> rcpt=<-> source="192.0.2.10" relay="203.0.113.21 (mx.example.net)" delay=0s result="Ok" stat="250 2.0.0 OK"
Mar  3 10:18:21 out1 smtpd[75295]: 5df87c9b982c840c mta connecting address=smtp://203.0.113.21:25 host=mx.example.net`,
	"kumomta": `{"type":"Delivery","id":"1d98076abbbc11ed940250ebf67f93bd","sender":"news@example.com","recipient":"anna@example.net","queue":"example.net","site":"s1->mx.example.net","size":1047,"response":{"code":250,"enhanced_code":null,"content":"OK","command":"."},"timestamp":1772533101,"created":1772533100,"num_attempts":0,"bounce_classification":"Uncategorized","nodeid":"557f3ad4-2c8c-11ee-976e-782d7e12e173"}`,
	"powermta": `type,timeLogged,timeQueued,orig,rcpt,orcpt,dsnAction,dsnStatus,dsnDiag,dsnMta,bounceCat,srcType,srcMta,dlvType,dlvSourceIp,dlvDestinationIp,dlvEsmtpAvailable,dlvSize,vmta,jobId,envId
d,2026-03-03 10:18:21+0000,2026-03-03 10:18:20+0000,news@example.com,anna@example.net,,relayed,2.0.0 (success),smtp;250 OK,mx.example.net (203.0.113.21),success,smtp,app1,smtp,192.0.2.10,203.0.113.21,"SIZE,PIPELINING",1234,v1,j1,e1`,
	"haraka": `[NOTICE] [1B012E7A-4362-42CC-B2D5-27534802E482.1.1] [outbound]  delivered file=1_1_0_1_x_1_out1 domain=example.net host=mx.example.net ip=203.0.113.21 port=25 mode=SMTP tls=Y auth=N response="OK" delay=0.9 fails=0 rcpts=1/0/0
2026-03-03T10:18:21.000Z [INFO] [1B012E7A-4362-42CC-B2D5-27534802E482.1.1] [outbound] Attempting to deliver to: 203.0.113.21:25 (0) (0)`,
	"zonemta": `Mar  3 10:18:21 out1 zone-mta[1]: info Sender/default/4133[6] id=svd5unyzzguhz22p 1984e8a65b30004db0.001 ACCEPTED from=news@example.com to=anna@example.net src=192.0.2.10 mx=mx.example.net[203.0.113.21] id=<1@example.com> (250 OK)`,
	"exchange": `#Software: Microsoft Exchange Server
#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context
2026-03-03T10:18:21.504Z,Internet,08DA4F7C11473A60,2,192.0.2.10:53722,203.0.113.21:25,<,"220 mx.example.net ESMTP",
2026-03-03T10:18:21.504Z,Internet,08DA4F7C11473A60,1,192.0.2.10:53722,203.0.113.21:25,+,,`,
	"mailgun":  `{"event":"delivered","id":"hK7mQVt1QtqRiOfQXta4sw","timestamp":1772533101.5,"recipient":"anna@example.net","recipient-domain":"example.net","envelope":{"sender":"news@example.com","transport":"smtp","targets":"anna@example.net","sending-ip":"192.0.2.10"},"delivery-status":{"code":250,"message":"OK","mx-host":"mx.example.net","attempt-no":1},"message":{"headers":{"message-id":"1@example.com"}}}`,
	"sendgrid": `[{"email":"anna@example.net","timestamp":1772533101,"smtp-id":"<1@example.com>","event":"delivered","response":"250 OK","sg_event_id":"a","sg_message_id":"b.filter1"}]`,
	"ses": `{"eventType":"Delivery","mail":{"timestamp":"2026-03-03T10:18:21.504Z","source":"news@example.com","messageId":"1","destination":["anna@example.net"]},"delivery":{"timestamp":"2026-03-03T10:18:22.000Z","processingTimeMillis":546,"recipients":["anna@example.net"],"smtpResponse":"250 OK","reportingMTA":"a8-70.smtp-out.example.com"}}
{"notificationType":"Bounce","bounce":{"bounceType":"Permanent"},"mail":{"messageId":"1"}}`,
	"sparkpost": `[{"msys":{"message_event":{"type":"delivery","rcpt_to":"anna@example.net","timestamp":"1772533101","ip_address":"203.0.113.21","sending_ip":"192.0.2.10","message_id":"1"}}}]`,
	"postmark":  `{"RecordType":"Delivery","MessageID":"883953f4-6105-42a2-a16a-77a8eac79483","Recipient":"anna@example.net","DeliveredAt":"2026-03-03T10:18:21Z","Details":"OK"}`,
	"postal":    `{"event":"MessageSent","timestamp":1772533101.5,"payload":{"message":{"id":1,"token":"a","to":"anna@example.net"},"status":"Sent","details":"Message sent","output":"250 OK"},"uuid":"b"}`,
	"other": `Mar  3 10:18:21 out1 dovecot: imap-login: Login: user=<carol>, method=PLAIN, rip=192.0.2.99
Mar  3 10:18:21 out1 sshd[99]: Accepted publickey for root from 192.0.2.5 port 1234
192.0.2.5 - - [03/Mar/2026:10:18:21 +0000] "GET / HTTP/1.1" 200 1234
{"level":"info","msg":"started","time":"2026-03-03T10:18:21Z"}
{"type":"object","id":"a","queue":"b"}
type,name,value
d,1,2
host=mx.example.net tls=on auth=on user=u from=news@example.com recipients=anna@example.net mailsize=10 smtpstatus=250 smtpmsg='250 OK' exitcode=EX_OK
#Fields: date time c-ip cs-method
Final-Recipient: rfc822; anna@example.net
Action: failed
plain text, with a comma`,
}
