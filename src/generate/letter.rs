//! A mail: who says what to whom, and the bytes of it.

use std::borrow::Cow;
use std::fmt::Write;

use super::calendar;
use super::cast::{LIST, Mailer, Person};
use super::encode;
use super::random::Rng;

/// How a mail's text goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// By git: the text exactly as it is, since it holds a patch.
    Patch,
    /// By git, the diff as an attachment (`git format-patch --attach`).
    Attached,
    /// By whatever the sender answers mail with.
    Prose,
}

/// A mail before it is written out.
pub struct Letter<'a> {
    /// Who sends it.
    pub from: &'a Person,
    /// When.
    pub at: i64,
    /// Its subject.
    pub subject: String,
    /// Message-ID without brackets.
    pub id: String,
    /// The mails it refers to, without brackets; it answers the last.
    pub references: Vec<String>,
    /// Who is addressed besides the list.
    pub to: Option<&'a Person>,
    /// Its text.
    pub text: String,
    /// How the text goes out.
    pub form: Form,
}

/// A Message-ID as the sender's mailer makes them, without brackets.
pub fn message_id(from: &Person, at: i64, rng: &mut Rng) -> String {
    let host = from.host();
    match from.mailer {
        Mailer::Mutt => format!("{}.GA{}@{host}", calendar::stamp(at), rng.within(1000, 99_999)),
        Mailer::Emacs => format!("87{}.fsf@{host}", rng.hex(9)),
        Mailer::Thunderbird => {
            let parts = [rng.hex(8), rng.hex(4), rng.hex(3), rng.hex(3), rng.hex(12)];
            let [a, b, c, d, e] = parts;
            format!("{a}-{b}-4{c}-9{d}-{e}@{host}")
        }
        Mailer::Webmail => format!("CAF{}={}@mail.example.com", rng.hex(14), rng.hex(9)),
        Mailer::Outlook => {
            let serial = format!("{}{}", rng.hex(12), rng.hex(8)).to_uppercase();
            format!("AM0PR{serial}@{}.prod.example.net", rng.hex(6).to_uppercase())
        }
    }
}

/// A From or To value: the name encoded or quoted where it must be.
pub fn mailbox(name: &str, address: &str, charset: &'static str) -> String {
    let special = |c| matches!(c, ',' | '.' | '(' | ')' | '<' | '>' | '@' | ':' | ';' | '"' | '\\');
    match name.is_ascii() {
        true if name.contains(special) => format!("\"{name}\" <{address}>"),
        true => format!("{name} <{address}>"),
        false => format!("{} <{address}>", encode::header(name, charset)),
    }
}

impl Letter<'_> {
    /// The mail's bytes, with a line end last.
    pub fn bytes(&self, rng: &mut Rng) -> Vec<u8> {
        let charset = if self.form == Form::Prose { self.from.charset } else { "UTF-8" };
        let mut head = self.headers(charset);
        let body = self.body(&mut head, rng);
        let mut bytes = head.into_bytes();
        bytes.reserve(body.len() + 2);
        bytes.push(b'\n');
        bytes.extend_from_slice(&body);
        if bytes.last() != Some(&b'\n') {
            bytes.push(b'\n');
        }
        bytes
    }

    fn headers(&self, charset: &'static str) -> String {
        let (from, list) = (self.from, LIST);
        let mut head = String::with_capacity(1024);
        let host = from.host();
        let _ = writeln!(
            head,
            "Received: from mail.{host} (mail.{host} [192.0.2.{}])\n\tby lists.example.org (Postfix) \
             with ESMTPS id {:X};\n\t{}",
            1 + from.address.len() % 250,
            self.at ^ from.address.len() as i64,
            calendar::header(self.at + 7, 0)
        );
        match from.via {
            true => {
                let name = encode::header(&format!("{} via peatfs", from.name), charset);
                let name = if from.name.is_ascii() { format!("\"{name}\"") } else { name };
                let _ = writeln!(head, "From: {name} <{list}>");
                let real = mailbox(&from.name, &from.address, charset);
                let _ = writeln!(head, "Reply-To: {real}");
            }
            false => {
                let _ = writeln!(head, "From: {}", mailbox(&from.name, &from.address, charset));
            }
        }
        self.addressees(&mut head, charset);
        let _ = writeln!(head, "Subject: {}", folded("Subject: ", &self.subject, charset));
        let _ = writeln!(head, "Date: {}", calendar::header(self.at, from.zone));
        let _ = writeln!(head, "Message-ID: <{}>", self.id);
        self.thread(&mut head);
        head.push_str("List-Id: peatfs development <peatfs.lists.example.org>\nPrecedence: list\n");
        head.push_str("X-Generated-By: patchpress\n");
        self.agent(&mut head);
        head
    }

    fn addressees(&self, head: &mut String, charset: &'static str) {
        let _ = match self.to {
            Some(to) => {
                writeln!(head, "To: {}\nCc: {LIST}", mailbox(&to.name, &to.address, charset))
            }
            None => writeln!(head, "To: {LIST}"),
        };
    }

    fn thread(&self, head: &mut String) {
        if let Some(parent) = self.references.last() {
            let _ = writeln!(head, "In-Reply-To: <{parent}>");
            let all: Vec<String> = self.references.iter().map(|id| format!("<{id}>")).collect();
            let _ = writeln!(head, "References: {}", all.join("\n "));
        }
    }

    fn agent(&self, head: &mut String) {
        head.push_str(match (self.form, self.from.b4, self.from.mailer) {
            (Form::Patch, true, _) => "X-Mailer: b4 0.14.2\n",
            (Form::Patch | Form::Attached, ..) => "X-Mailer: git-send-email 2.47.1\n",
            (Form::Prose, _, Mailer::Mutt) => "User-Agent: Mutt/2.2.13\n",
            (Form::Prose, _, Mailer::Emacs) => "User-Agent: Gnus/5.13 (Gnus v5.13)\n",
            (Form::Prose, _, Mailer::Thunderbird) => "User-Agent: Mozilla Thunderbird\n",
            (Form::Prose, _, Mailer::Outlook) => {
                "Accept-Language: en-US\nThread-Index: AdqxPeat==\n"
            }
            (Form::Prose, _, Mailer::Webmail) => "",
        });
    }

    /// The body, and the MIME headers it needs.
    fn body(&self, head: &mut String, rng: &mut Rng) -> Vec<u8> {
        match (self.form, self.from.mailer) {
            (Form::Attached, _) => return self.attached(head),
            (Form::Prose, Mailer::Webmail) if rng.chance(15) => return self.alternative(head),
            _ => {}
        }
        let flowed = self.form == Form::Prose && self.from.mailer == Mailer::Thunderbird;
        let text: Cow<str> =
            if flowed { encode::flowed(&self.text).into() } else { self.text.as_str().into() };
        let charset = match self.form {
            Form::Patch if self.from.charset != "ISO-8859-1" => "UTF-8",
            _ => self.from.charset,
        };
        let (bytes, charset) = encode::in_charset(&text, charset);
        let extra = if flowed { "; format=flowed" } else { "" };
        encoded(head, &bytes, charset, extra, rng)
    }

    /// The text as one part and the diff as another.
    fn attached(&self, head: &mut String) -> Vec<u8> {
        let at = self.text.find("\ndiff --git ").map_or(self.text.len(), |at| at + 1);
        let (text, diff) = self.text.split_at(at);
        let mark = "------------peat.0.7";
        let _ =
            writeln!(head, "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"{mark}\"");
        format!(
            "This is a multi-part message in MIME format.\n--{mark}\n\
             Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n\
             --{mark}\nContent-Type: text/x-patch; name=\"0001.patch\"\n\
             Content-Transfer-Encoding: 8bit\nContent-Disposition: attachment; filename=\"0001.patch\"\n\n\
             {diff}\n--{mark}--\n"
        )
        .into_bytes()
    }

    /// The text as text and as HTML.
    fn alternative(&self, head: &mut String) -> Vec<u8> {
        let mark = format!("000000000000{:x}", self.at);
        let _ = writeln!(
            head,
            "MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=\"{mark}\""
        );
        let html = self.text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br>\n");
        let html = encode::quoted_printable(format!("<div dir=\"ltr\">{html}</div>\n").as_bytes());
        let plain = encode::quoted_printable(self.text.as_bytes());
        let part = |kind: &str| {
            format!(
                "--{mark}\nContent-Type: text/{kind}; charset=\"UTF-8\"\n\
                 Content-Transfer-Encoding: quoted-printable\n\n"
            )
        };
        let (first, second, end) = (part("plain"), part("html"), format!("--{mark}--\n"));
        [first.as_bytes(), &plain, second.as_bytes(), &html, end.as_bytes()].concat()
    }
}

/// The bytes in some transfer encoding, which the headers then name.
fn encoded(head: &mut String, bytes: &[u8], charset: &str, extra: &str, rng: &mut Rng) -> Vec<u8> {
    let long = bytes.split(|b| *b == b'\n').any(|line| line.len() > 990);
    let (name, body) = match rng.below(100) {
        0..5 => ("quoted-printable", encode::quoted_printable(bytes)),
        5..7 => ("base64", encode::base64_lines(bytes)),
        _ if long => ("quoted-printable", encode::quoted_printable(bytes)),
        _ if bytes.is_ascii() && extra.is_empty() && !bytes.contains(&0x1b) => {
            return bytes.to_vec();
        }
        _ if bytes.is_ascii() => ("7bit", bytes.to_vec()),
        _ => ("8bit", bytes.to_vec()),
    };
    let _ = writeln!(
        head,
        "MIME-Version: 1.0\nContent-Type: text/plain; charset={charset}{extra}\n\
         Content-Transfer-Encoding: {name}"
    );
    body
}

/// A header's value, folded at blanks as git does.
fn folded(name: &str, text: &str, charset: &'static str) -> String {
    let text = encode::header(text, charset);
    let mut out = String::with_capacity(text.len() + 2);
    let mut column = name.len();
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 && column + 1 + word.len() > 76 {
            out.push_str("\n ");
            column = 1;
        } else if i > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out
}
