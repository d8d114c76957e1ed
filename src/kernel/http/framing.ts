/**
 * What the known fields of a request mean for where it ends and what happens after it (RFC 9112 sections 3.2, 6
 * and 9.3, RFC 9110 section 10.1.1).
 *
 * Two peers that disagree on where a message ends let one user speak in another's name, so everything that could
 * be read in two ways is refused.
 *
 * Tests: conformance.test.ts
 */
import { isAuthority, isTargetOnHost } from "./authority";
import { matches } from "./characters";
import { Connection, Fact } from "./connection";
import { RequestField } from "./fields";
import { element, elementLength, findElement, trimmedLength } from "./lists";
import { LENGTH_DIGITS, parseDecimal } from "./numbers";
import { Verdict } from "./verdict";

/** A request of HTTP/1.1 without a body that says nothing of its connection. */
const ORDINARY: u32 = Fact.RequestLine | Fact.Host;
/** Takes one known field: `Complete`, or the status code that refuses the request. */
export function knownFieldValue(connection: Connection, field: u32, value: usize, stop: usize): Verdict {
  switch (field) {
    case RequestField.Host:
      return takeHost(connection, value, stop);
    case RequestField.ContentLength:
      return takeContentLength(connection, value, stop);
    case RequestField.TransferEncoding:
      return takeTransferEncoding(connection, value, stop);
    case RequestField.Connection:
      return takeConnectionOptions(connection, value, stop);
    default:
      return takeExpect(connection, value, stop);
  }
}

/** What only the whole head shows. */
export function endOfFields(connection: Connection): Verdict {
  if (connection.facts == ORDINARY) {
    connection.closes = false;
    connection.owesContinue = false;
    return Verdict.Complete;
  }
  const old = connection.has(Fact.Old);
  if (!old && !connection.has(Fact.Host)) return Verdict.BadRequest; // RFC 9112 section 3.2
  if (connection.has(Fact.Absolute) && !isTargetOnHost(connection)) return Verdict.BadRequest;
  if (connection.has(Fact.Coding)) {
    // RFC 9112 section 6.1: with a length, or in HTTP/1.0, a coding is how requests are smuggled.
    if (old || connection.has(Fact.Length)) return Verdict.BadRequest;
    if (!connection.has(Fact.Chunked)) return Verdict.BadRequest;
    if (connection.has(Fact.OtherCoding)) return Verdict.NotImplemented;
  }
  const keeps = old ? connection.has(Fact.KeepAlive) : true;
  connection.closes = connection.has(Fact.Close) || !keeps;
  const hasBody = connection.bodySize != 0 || connection.has(Fact.Chunked);
  connection.owesContinue = connection.has(Fact.ExpectContinue) && !old && hasBody;
  return Verdict.Complete;
}

function takeHost(connection: Connection, value: usize, stop: usize): Verdict {
  if (connection.has(Fact.Host) || !isAuthority(value, stop)) return Verdict.BadRequest;
  connection.facts |= Fact.Host;
  return Verdict.Complete;
}

function takeContentLength(connection: Connection, value: usize, stop: usize): Verdict {
  if (connection.has(Fact.Length) || value == stop || stop - value > LENGTH_DIGITS) return Verdict.BadRequest;
  const length = parseDecimal(value, stop);
  if (length < 0) return Verdict.BadRequest;
  connection.bodySize = length;
  connection.facts |= Fact.Length;
  return Verdict.Complete;
}

/**
 * Chunked must be the last coding of all lines together, and be there once (RFC 9112 section 6.1). An empty element is
 * refused too: some take what has one for no coding they know, and read another length.
 */
function takeTransferEncoding(connection: Connection, value: usize, stop: usize): Verdict {
  connection.facts |= Fact.Coding;
  for (let at = value; at <= stop; at = element + elementLength + 1) {
    at = findElement(at, stop);
    if (trimmedLength == 0 || connection.has(Fact.Chunked)) return Verdict.BadRequest;
    connection.facts |= matches(element, <u32>trimmedLength, "chunked") ? Fact.Chunked : Fact.OtherCoding;
  }
  return Verdict.Complete;
}

function takeConnectionOptions(connection: Connection, value: usize, stop: usize): Verdict {
  for (let at = value; at < stop; at = element + elementLength + 1) {
    at = findElement(at, stop);
    if (matches(element, <u32>trimmedLength, "close")) connection.facts |= Fact.Close;
    else if (matches(element, <u32>trimmedLength, "keep-alive")) connection.facts |= Fact.KeepAlive;
  }
  return Verdict.Complete;
}

function takeExpect(connection: Connection, value: usize, stop: usize): Verdict {
  if (!matches(value, <u32>(stop - value), "100-continue")) return Verdict.ExpectationFailed;
  connection.facts |= Fact.ExpectContinue;
  return Verdict.Complete;
}
