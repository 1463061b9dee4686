//! Quantities as people write them: `16M`, `300us`, `100G`.

/// What went wrong with a quantity; clap puts the option and the value before it.
pub type UnitError = String;

/// Splits a number from its unit.
fn split(text: &str) -> Result<(f64, &str), UnitError> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number = number
        .parse::<f64>()
        .map_err(|_| format!("`{text}` does not begin with a number"))?;
    Ok((number, unit.trim()))
}

/// A number of units as an integer; what does not fit or is not whole is refused.
fn scale(text: &str, number: f64, factor: f64) -> Result<u64, UnitError> {
    let value = number * factor;
    // 2^53: above it a float no longer holds every integer.
    if value > 9_007_199_254_740_992.0 {
        return Err(format!("`{text}` is too large"));
    }
    if value.fract() != 0.0 {
        return Err(format!("`{text}` is no whole number of the smallest unit"));
    }
    Ok(value as u64)
}

/// Bytes: `4096`, `16M`, `16MiB`, `1G` (powers of 1024).
pub fn bytes(text: &str) -> Result<u64, UnitError> {
    let (number, unit) = split(text)?;
    let factor: u64 = match unit.trim_end_matches("iB").trim_end_matches('B') {
        "" => 1,
        "k" | "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return Err(format!("`{unit}` is no unit of bytes; use K, M or G")),
    };
    scale(text, number, factor as f64)
}

/// Bytes a second: `800M`, `1G` (powers of 1000), `0`.
pub fn bytes_per_second(text: &str) -> Result<u64, UnitError> {
    let (number, unit) = split(text)?;
    let factor = match unit.trim_end_matches("/s").trim_end_matches('B') {
        "" => 1.0,
        "k" | "K" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        _ => {
            return Err(format!(
                "`{unit}` is no unit of bytes a second; use K, M or G"
            ));
        }
    };
    scale(text, number, factor)
}

/// Bits a second, given back as bytes a second: `100G` is 100 Gbit/s.
pub fn network(text: &str) -> Result<u64, UnitError> {
    let (number, unit) = split(text)?;
    let factor = match unit.trim_end_matches("bit/s").trim_end_matches('b') {
        "M" => 1e6,
        "G" => 1e9,
        _ => {
            return Err(format!(
                "`{unit}` is no unit of a network's rate; use M or G (bit/s)"
            ));
        }
    };
    let bytes = scale(text, number, factor / 8.0)?;
    if bytes == 0 {
        return Err(format!("`{text}`: nothing can be migrated over no network"));
    }
    Ok(bytes)
}

/// Nanoseconds: `300us`, `2ms`, `50000ns`.
pub fn nanoseconds(text: &str) -> Result<u64, UnitError> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "" => return Err(format!("`{text}` has no unit; use ns, us, ms or s")),
        _ => return Err(format!("`{unit}` is no unit of time; use ns, us, ms or s")),
    };
    scale(text, number, factor)
}

/// A number, decimal or with `0x`.
pub fn number(text: &str) -> Result<u64, UnitError> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|error| format!("`{text}` is no number: {error}"))
}

/// A window of cycles, `START:CYCLES`.
pub fn window(text: &str) -> Result<(u64, u64), UnitError> {
    let (start, cycles) = text
        .split_once(':')
        .ok_or_else(|| format!("`{text}` is not of the form START:CYCLES"))?;
    let cycles = number(cycles)?;
    if cycles == 0 {
        return Err(format!("`{text}` is a window of no cycles"));
    }
    Ok((number(start)?, cycles))
}

/// Cycles before and after something, `BEFORE:AFTER`.
pub fn around(text: &str) -> Result<(u64, u64), UnitError> {
    let (before, after) = text
        .split_once(':')
        .ok_or_else(|| format!("`{text}` is not of the form BEFORE:AFTER"))?;
    Ok((number(before)?, number(after)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_as_people_write_them() {
        assert_eq!(bytes("16M"), Ok(16 << 20));
        assert_eq!(bytes("64MiB"), Ok(64 << 20));
        assert_eq!(bytes("1.5G"), Ok(3 << 29));
        assert_eq!(bytes("4096"), Ok(4096));
        assert_eq!(bytes_per_second("800M"), Ok(800_000_000));
        assert_eq!(network("100G"), Ok(12_500_000_000));
        assert_eq!(network("10Gbit/s"), Ok(1_250_000_000));
        assert_eq!(nanoseconds("300us"), Ok(300_000));
        assert_eq!(number("0x10"), Ok(16));
        assert_eq!(window("100:2000"), Ok((100, 2000)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for text in ["", "M", "16Q", "1.3", "99999999999G", "-1"] {
            let error = bytes(text).unwrap_err();
            assert!(
                text.is_empty() || error.contains(text.trim_start_matches(char::is_numeric)),
                "{error}"
            );
        }
        assert!(network("0G").is_err() && network("5").is_err());
        assert!(nanoseconds("300").is_err() && window("5").is_err() && window("5:0").is_err());
    }
}
