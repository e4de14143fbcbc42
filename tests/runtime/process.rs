//! A process's use of CPU and memory, and Lambda's limit of CPU.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// Memory of a function that has one virtual CPU, in MB. Others have a share of it by their memory
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>).
const MEMORY_OF_ONE_CPU: u64 = 1769;

/// Period in which a share is counted, in microseconds.
const PERIOD: u64 = 20_000;

/// Returns the CPU time so far, of all threads.
pub fn cpu(id: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).unwrap();
    let on_cpu = tasks.map(|task| {
        let text = fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
        text.split_whitespace().next().unwrap().parse::<u64>().unwrap()
    });
    Duration::from_nanos(on_cpu.sum())
}

/// Returns the peak memory, in KiB.
pub fn memory_kb(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A control group whose processes have the share of CPU of a function of some memory. Its processes must have ended when it
/// is dropped.
pub struct CpuShare(PathBuf);

impl CpuShare {
    /// Makes a group; `None` where this process may not.
    pub fn of_memory(megabytes: u64) -> Option<Self> {
        let quota = PERIOD * megabytes / MEMORY_OF_ONE_CPU;
        let name = format!("service-manager-bench-{}", std::process::id());
        // Version 1 has a hierarchy for CPU, version 2 one for all.
        let group = Self(if fs::metadata("/sys/fs/cgroup/cpu").is_ok() {
            let group = PathBuf::from("/sys/fs/cgroup/cpu").join(name);
            fs::create_dir(&group).ok()?;
            fs::write(group.join("cpu.cfs_period_us"), PERIOD.to_string()).ok()?;
            fs::write(group.join("cpu.cfs_quota_us"), quota.to_string()).ok()?;
            group
        } else {
            let group = PathBuf::from("/sys/fs/cgroup").join(name);
            fs::create_dir(&group).ok()?;
            fs::write(group.join("cpu.max"), format!("{quota} {PERIOD}")).ok()?;
            group
        });
        Some(group)
    }

    /// Limits a process from now on.
    pub fn limit(&self, id: u32) {
        fs::write(self.0.join("cgroup.procs"), id.to_string()).unwrap();
    }
}

impl Drop for CpuShare {
    fn drop(&mut self) {
        let removed = fs::remove_dir(&self.0);
        assert!(removed.is_ok() || std::thread::panicking(), "{}: {removed:?}", self.0.display());
    }
}
