//! The colours of the page: contrast in both schemes, and what people with other cones see.

use std::collections::HashMap;

const STYLE: &str = include_str!("../../src/report/style.css");

type Colour = [f64; 3];

/// The variables of one scheme.
fn variables(scheme: &str) -> HashMap<&'static str, Colour> {
    let (light, dark) = STYLE.split_once("prefers-color-scheme: dark").unwrap();
    let text = if scheme == "light" { light } else { dark };
    let block = text
        .split_once(":root {")
        .unwrap()
        .1
        .split_once('}')
        .unwrap()
        .0;
    let pairs = block
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"));
    pairs
        .map(|(name, digits)| {
            let channel = |i: usize| f64::from(u8::from_str_radix(&digits[i..i + 2], 16).unwrap());
            (name, [0, 2, 4].map(|i| linear(channel(i) / 255.0)))
        })
        .collect()
}

fn linear(c: f64) -> f64 {
    if c <= 0.04045 {
        c / 12.92
    } else {
        ((c + 0.055) / 1.055).powf(2.4)
    }
}

/// WCAG 2.2, relative luminance and contrast ratio.
fn contrast(a: Colour, b: Colour) -> f64 {
    let luminance = |[r, g, b]: Colour| 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
    a.max(b) / a.min(b)
}

/// Linear light as dichromats see it: Viénot, Brettel and Mollon 1999.
fn protanope([r, g, b]: Colour) -> Colour {
    let yellow = 0.112_38 * r + 0.887_62 * g;
    [yellow, yellow, 0.004_01 * r - 0.004_01 * g + b]
}

fn deuteranope([r, g, b]: Colour) -> Colour {
    let yellow = 0.292_75 * r + 0.707_25 * g;
    [yellow, yellow, -0.022_34 * r + 0.022_34 * g + b]
}

/// CIE 1976 colour difference, D65.
fn difference(a: Colour, b: Colour) -> f64 {
    let lab = |[r, g, b]: Colour| {
        let f = |t: f64| {
            if t > 0.008_856 {
                t.cbrt()
            } else {
                7.787 * t + 16.0 / 116.0
            }
        };
        let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
        let y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
        let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    };
    let (a, b) = (lab(a), lab(b));
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn text_and_shapes_have_contrast() {
    for scheme in ["light", "dark"] {
        let colours = variables(scheme);
        let of = |name: &str| colours[name];
        for text in ["ink", "muted", "good", "bad"] {
            let found = contrast(of(text), of("paper"));
            assert!(found >= 4.5, "{scheme}: {text} has {found:.2}");
        }
        for under in [
            "band-odd",
            "band-even",
            "source-odd",
            "source-even",
            "destination-odd",
            "destination-even",
        ] {
            let found = contrast(of("ink"), of(under));
            assert!(found >= 4.5, "{scheme}: ink on {under} has {found:.2}");
        }
        for shape in ["level", "area-line", "dirty", "bad"] {
            let found = contrast(of(shape), of("paper"));
            assert!(found >= 3.0, "{scheme}: {shape} has {found:.2}");
        }
    }
}

#[test]
fn dichromats_tell_apart_what_differs_by_colour() {
    for scheme in ["light", "dark"] {
        let colours = variables(scheme);
        for (a, b) in [
            ("level", "dirty"),
            ("level", "bad"),
            ("source-odd", "destination-odd"),
            ("source-even", "destination-even"),
        ] {
            for (eye, seen) in [
                ("protanope", protanope as fn(Colour) -> Colour),
                ("deuteranope", deuteranope),
            ] {
                let found = difference(seen(colours[a]), seen(colours[b]));
                assert!(
                    found >= 20.0,
                    "{scheme}, {eye}: {a} and {b} differ by {found:.1}"
                );
            }
        }
    }
}

/// The measures themselves: known values.
#[test]
fn known_colours_have_known_figures() {
    let (white, black) = ([1.0; 3], [0.0; 3]);
    assert!((contrast(white, black) - 21.0).abs() < 1e-9);
    assert!((difference(white, black) - 100.0).abs() < 0.1);
    // Red and a dark yellow that nobody without long-wave cones tells apart.
    let (red, yellow) = ([1.0, 0.0, 0.0], [0.112_38, 0.112_38, 0.004_01]);
    assert!(difference(protanope(red), protanope(yellow)) < 1.0);
    assert!(difference(red, yellow) > 60.0);
}
