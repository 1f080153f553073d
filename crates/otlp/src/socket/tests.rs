//! Reads around the deadline of a connection.

use std::net::{Ipv4Addr, TcpListener};

use super::*;

/// The process was stopped, longer than the time, after the receiver had begun its answer.
#[test]
fn an_answer_that_has_arrived_is_read_after_the_deadline_within_a_limit() -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let stream = TcpStream::connect(listener.local_addr()?)?;
    let mut receiver = listener.accept()?.0;
    receiver.write_all(b"answer")?;
    stream.peek(&mut [0])?;
    let mut socket = Socket::new(stream, monotonic_now());
    let mut buffer = vec![0; LATE];
    assert_eq!(socket.read(&mut buffer)?, 6);
    let nothing = socket.read(&mut buffer).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::TimedOut);
    let sending = std::thread::spawn(move || while receiver.write_all(&[0; 512]).is_ok() {});
    let mut all = 6;
    while all < LATE {
        socket.stream.peek(&mut [0])?;
        all += socket.read(&mut buffer)?;
    }
    socket.stream.peek(&mut [0])?;
    assert_eq!(socket.read(&mut buffer).unwrap_err().kind(), ErrorKind::TimedOut);
    drop(socket);
    assert!(sending.join().is_ok());
    Ok(())
}
