//! Where a function is in sysfs, and what keeps it from being opened.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use thiserror::Error;

/// A function that cannot be opened.
#[derive(Debug, Error)]
pub enum VfioError {
    /// There is no such function.
    #[error("there is no function {0}: lspci -D lists those that are there")]
    NoFunction(Address),
    /// Another driver has it, or none.
    #[error(
        "{address} is {}; give it to vfio-pci:\n  \
         echo vfio-pci > /sys/bus/pci/devices/{address}/driver_override\n  {}\
         echo {address} > /sys/bus/pci/drivers_probe",
        bound_text(.driver), unbind_text(.address, .driver)
    )]
    Driver {
        /// The function.
        address: Address,
        /// Its driver, if it has one.
        driver: Option<String>,
    },
    /// It is behind no IOMMU.
    #[error(
        "{0} is in no IOMMU group: switch the IOMMU on (intel_iommu=on or amd_iommu=on, and in the firmware's setup)"
    )]
    NoGroup(Address),
    /// The group's file is missing.
    #[error("{} is missing: is vfio-pci loaded (modprobe vfio-pci), and is this a container without it?", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// The group's file cannot be opened.
    #[error("cannot open {}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Another function of the group has a driver of the host.
    #[error(
        "group {group} is not viable: {other} in it has driver {driver}; all functions of a group go to vfio-pci, or to no driver"
    )]
    NotViable {
        /// The group.
        group: String,
        /// The other function.
        other: String,
        /// Its driver.
        driver: String,
    },
    /// VFIO refuses it.
    #[error("{step} of {address}: {error}")]
    Vfio {
        /// What was tried.
        step: &'static str,
        /// The function.
        address: Address,
        /// Why not.
        error: io::Error,
    },
    /// There is no memory for DMA.
    #[error("cannot map {bytes:#x} bytes of memory for DMA: {error}")]
    Memory {
        /// Its size.
        bytes: usize,
        /// Why not.
        error: io::Error,
    },
}

fn bound_text(driver: &Option<String>) -> String {
    match driver {
        Some(driver) => format!("bound to {driver}"),
        None => "bound to no driver".to_owned(),
    }
}

fn unbind_text(address: &Address, driver: &Option<String>) -> String {
    match driver {
        Some(_) => format!("echo {address} > /sys/bus/pci/devices/{address}/driver/unbind\n  "),
        None => String::new(),
    }
}

/// A text that is no address.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "{0:?} is no address of a PCI function: expected [DOMAIN:]BUS:DEVICE.FUNCTION, such as 0000:01:00.0"
)]
pub struct AddressError(String);

/// Domain, bus, device and function, as sysfs writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let parse = || {
            let (rest, function) = text.rsplit_once('.')?;
            let mut parts = rest.rsplit(':');
            let (device, bus) = (parts.next()?, parts.next()?);
            let domain = parts.next().unwrap_or("0");
            let number = |text: &str, most: u32| {
                let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
                let number = u32::from_str_radix(text, 16).ok().filter(|_| digits);
                number.filter(|number| *number <= most)
            };
            let domain = number(domain, u32::MAX)?;
            let (bus, device) = (number(bus, 0xff)?, number(device, 0x1f)?);
            let function = number(function, 7)?;
            parts
                .next()
                .is_none()
                .then(|| Self(format!("{domain:04x}:{bus:02x}:{device:02x}.{function}")))
        };
        parse().ok_or_else(|| AddressError(text.to_owned()))
    }
}

/// The roots of sysfs and of VFIO's files; others in tests.
pub(crate) struct Roots<'r> {
    pub sysfs: &'r Path,
    pub vfio: &'r Path,
}

/// The last part of where a link leads.
fn target(link: &Path) -> Option<String> {
    let path = fs::canonicalize(link).ok()?;
    Some(path.file_name()?.to_string_lossy().into_owned())
}

/// The function's folder in sysfs, if VFIO can open it.
pub(crate) fn check(roots: &Roots<'_>, address: &Address) -> Result<PathBuf, VfioError> {
    let folder = roots.sysfs.join("bus/pci/devices").join(&address.0);
    if !folder.exists() {
        return Err(VfioError::NoFunction(address.clone()));
    }
    let driver = target(&folder.join("driver"));
    if driver.as_deref() != Some("vfio-pci") {
        let address = address.clone();
        return Err(VfioError::Driver { address, driver });
    }
    let group_folder = folder.join("iommu_group");
    let Some(group) = target(&group_folder) else {
        return Err(VfioError::NoGroup(address.clone()));
    };
    for name in ["vfio", &group] {
        let path = roots.vfio.join(name);
        match fs::File::options().read(true).write(true).open(&path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(VfioError::NoFile { path });
            }
            // The group's file has one opener at a time; it says so when it is opened for good.
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
            Err(error) => return Err(VfioError::File { path, error }),
        }
    }
    let others = fs::read_dir(group_folder.join("devices"));
    for other in others.into_iter().flatten().filter_map(Result::ok) {
        // Drivers that leave DMA alone do no harm: vfio's own, and none; bridges have pcieport.
        let driver = target(&other.path().join("driver"));
        if let Some(driver) = driver
            && !matches!(driver.as_str(), "vfio-pci" | "pcieport" | "pci-stub")
        {
            let other = other.file_name().to_string_lossy().into_owned();
            return Err(VfioError::NotViable {
                group,
                other,
                driver,
            });
        }
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn addresses_are_written_as_sysfs_does() {
        for (text, address) in [
            ("0000:01:00.0", "0000:01:00.0"),
            ("1:2.3", "0000:01:02.3"),
            ("10000:ff:1F.7", "10000:ff:1f.7"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), address);
        }
        for text in [
            "",
            "01:00",
            "01:20.0",
            "01:00.8",
            "0:0:0:0.0",
            "+1:00.0",
            "../x:0.0",
            "1:0.0.0",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    /// A sysfs of one group with two functions.
    struct Fake(PathBuf);

    impl Fake {
        fn new(name: &str) -> Self {
            let root =
                std::env::temp_dir().join(format!("slackwater-vfio-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&root);
            let fake = Self(root);
            for address in ["0000:01:00.0", "0000:01:00.1"] {
                let folder = fake.function(address);
                fs::create_dir_all(&folder).unwrap();
                let group = fake.0.join("groups/7/devices");
                fs::create_dir_all(&group).unwrap();
                symlink(fake.0.join("groups/7"), folder.join("iommu_group")).unwrap();
                symlink(&folder, group.join(address)).unwrap();
            }
            fs::create_dir_all(fake.0.join("dev")).unwrap();
            fake
        }

        fn function(&self, address: &str) -> PathBuf {
            self.0.join("bus/pci/devices").join(address)
        }

        fn bind(&self, address: &str, driver: &str) {
            let folder = self.0.join("drivers").join(driver);
            fs::create_dir_all(&folder).unwrap();
            let link = self.function(address).join("driver");
            let _ = fs::remove_file(&link);
            symlink(folder, link).unwrap();
        }

        fn error(&self, address: &str) -> String {
            let dev = self.0.join("dev");
            let roots = Roots {
                sysfs: &self.0,
                vfio: &dev,
            };
            check(&roots, &address.parse().unwrap())
                .err()
                .map_or_else(String::new, |e| e.to_string())
        }
    }

    impl Drop for Fake {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn each_obstacle_is_named_with_what_to_do() {
        let fake = Fake::new("obstacles");
        let address = "0000:01:00.0";
        assert!(
            fake.error("0000:02:00.0")
                .contains("no function 0000:02:00.0")
        );
        let unbound = fake.error(address);
        assert!(
            unbound.contains("no driver") && unbound.contains("driver_override"),
            "{unbound}"
        );
        fake.bind(address, "nvme");
        let bound = fake.error(address);
        assert!(
            bound.contains("bound to nvme") && bound.contains("unbind"),
            "{bound}"
        );
        fake.bind(address, "vfio-pci");
        assert!(
            fake.error(address).contains("dev/vfio is missing"),
            "{}",
            fake.error(address)
        );
        fs::write(fake.0.join("dev/vfio"), "").unwrap();
        assert!(fake.error(address).contains("dev/7 is missing"));
        fs::write(fake.0.join("dev/7"), "").unwrap();
        fake.bind("0000:01:00.1", "e1000");
        let other = fake.error(address);
        assert!(
            other.contains("group 7 is not viable: 0000:01:00.1") && other.contains("e1000"),
            "{other}"
        );
        fake.bind("0000:01:00.1", "vfio-pci");
        assert_eq!(fake.error(address), "");
        fs::remove_file(fake.function(address).join("iommu_group")).unwrap();
        assert!(fake.error(address).contains("no IOMMU group"));
    }
}
