//! Mail, from a form to a mail server and back by the link in it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use crate::process::{Folder, Server};

/// A mail server that takes whatever comes: its address, and the mail.
fn mail_server() -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, mails) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mail = take(stream.unwrap());
            if sender.send(mail).is_err() {
                return;
            }
        }
    });
    (address, mails)
}

/// One conversation (RFC 5321); the mail, headers and all.
fn take(mut stream: TcpStream) -> String {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut say = |text: &str| stream.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    let mut mail = String::new();
    say("220 mail.test");
    while let Some(Ok(line)) = lines.next() {
        match line.get(..4).unwrap_or_default() {
            "QUIT" => break,
            "DATA" => {
                say("354 go on");
                for line in lines.by_ref().map(Result::unwrap).take_while(|line| line != ".") {
                    mail.push_str(&line);
                    mail.push('\n');
                }
                say("250 taken");
            }
            _ => say("250 very well"),
        }
    }
    mail
}

/// One request; the whole answer.
fn send(address: SocketAddr, method: &str, path: &str, form: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: muster\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn sec_5_a_link_to_a_new_password_comes_by_mail_to_whom_the_address_is() {
    let folder = Folder::new();
    let (smtp, mails) = mail_server();
    let mut command = folder.muster();
    command.env("MUSTER_MAIL_URL", format!("smtp://{smtp}")).env("MUSTER_MAIL_FROM", "Muster <muster@moby.test>");
    let server = Server::spawn(command.arg("serve"));
    folder.set_up();
    for email in ["nobody%40example.com", "owner%40example.com"] {
        let answer = send(server.address, "POST", "/signin/reset", &format!("email={email}"));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    let mail = mails.recv_timeout(Duration::from_secs(60)).unwrap();
    // Quoted-printable (RFC 2045 §6.7), where it is needed.
    let mail = mail.replace("=\n", "").replace("=3D", "=");
    assert!(mail.contains("To: owner@example.com\n") && mail.contains("From: Muster <muster@moby.test>\n"), "{mail}");
    let start = mail.find("/signin/reset?token=").unwrap();
    let link = mail[start..].split_whitespace().next().unwrap();
    let page = send(server.address, "GET", link, "");
    assert!(page.contains("name=\"password\""), "{page}");
    let (_, token) = link.split_once('=').unwrap();
    let set = send(server.address, "POST", "/signin/reset", &format!("token={token}&password=correct+horse+battery"));
    assert!(set.starts_with("HTTP/1.1 303 "), "{set}");
    let form = "name=owner%40example.com&password=correct+horse+battery";
    let signed_in = send(server.address, "POST", "/signin/password", form);
    assert!(signed_in.contains("location: ") && signed_in.contains("/account\r\n"), "{signed_in}");
    assert!(mails.try_recv().is_err(), "nobody else has mail");
    server.terminate();
    let (status, log) = server.wait();
    assert!(status.success() && !log.contains("owner@example.com") && !log.contains(token), "{log}");
}

#[test]
fn org_3_who_is_invited_has_mail_in_text_and_html_whose_link_leads_to_the_invitation() {
    let folder = Folder::new();
    let (smtp, mails) = mail_server();
    let mut command = folder.muster();
    command.env("MUSTER_MAIL_URL", format!("smtp://{smtp}")).env("MUSTER_MAIL_FROM", "Muster <muster@moby.test>");
    let server = Server::spawn(command.arg("serve"));
    folder.set_up();
    let invited = folder.json(&["org", "invite", "moby", "eve@elsewhere.org", "--role", "editor"]);
    assert_eq!(invited["people"][0]["status"], "invited");
    // With the embedded database, the server did it, which has a mail server; another process does not know of one.
    let is_sent_by_server = invited["people"][0].get("link").is_none();
    let mail = mails.recv_timeout(Duration::from_secs(60)).unwrap().replace("=\n", "").replace("=3D", "=");
    for said in ["To: eve@elsewhere.org\n", "multipart/alternative", "text/plain", "text/html", "as editor"] {
        assert!(mail.contains(said), "{said}: {mail}");
    }
    let start = mail.find("/invitations/mst_invite_").unwrap();
    let link = mail[start..].split(['\n', ' ', '"']).next().unwrap();
    let page = send(server.address, "GET", link, "");
    assert!(page.contains("Join moby") && !page.contains("eve@elsewhere.org"), "{page}");
    let form = "full_name=Eve&password=correct+horse+battery";
    let joined = send(server.address, "POST", &format!("{link}/account"), form);
    assert!(joined.starts_with("HTTP/1.1 303 ") && joined.contains("/account\r\n"), "{joined}");
    let members = folder.json(&["org", "members", "moby", "--search", "eve@"]);
    assert_eq!(members["members"][0]["role"], "editor");
    assert!(is_sent_by_server || std::env::var("MUSTER_TEST_POSTGRES").is_ok());
    server.terminate();
    let (status, log) = server.wait();
    assert!(status.success() && !log.contains("eve@") && !log.contains("mst_invite_"), "{log}");
}
