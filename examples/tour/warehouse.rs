//! The other program of the tour: a warehouse that answers one line on each connection.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

pub(crate) fn open() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for connection in listener.incoming() {
            // A customer who has left needs no answer.
            let _ = connection.and_then(answer);
        }
    });

    Ok(address)
}

fn answer(mut connection: TcpStream) -> io::Result<()> {
    let mut question = String::new();
    BufReader::new(&connection).read_line(&mut question)?;
    thread::sleep(Duration::from_millis(3)); // somebody looks at the shelf
    connection.write_all(b"reserved\n")
}
