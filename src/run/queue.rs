//! Which case is run next: in the order of the plan, except that some begin before their turn, and that a case waits while one of its locks
//! is held, for the setup of its file, and, if it is the teardown, for all others of its file.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::event::Outcome;
use crate::plan::{Case, Part, Plan};

/// The cases that are still to be run.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Notify,
}

/// What a worker gets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A case to run.
    Run(usize),
    /// A case that is not run, and why.
    Skip(usize, &'static str),
}

#[derive(Debug)]
struct State {
    /// The first case of the plan that nobody has looked at.
    next: usize,
    /// Cases that begin before their turn, and come up no more in it.
    ahead: HashSet<usize>,
    /// Cases that waited, and may be able to run now; and at first those that begin before their turn.
    again: VecDeque<usize>,
    /// Cases that wait for a lock.
    waiting: HashMap<String, VecDeque<usize>>,
    held: HashSet<String>,
    groups: BTreeMap<(usize, usize), Group>,
    /// How many cases wait for something.
    blocked: usize,
    stopped: bool,
}

/// The cases of one file on one target, where the file has a setup or a teardown.
#[derive(Debug, Default)]
struct Group {
    /// Cases without a result, the teardown left out.
    left: usize,
    running: usize,
    setup: Setup,
    /// Whether anything of it was run, so that there is something to tear down.
    begun: bool,
    teardown: Teardown,
    /// Cases that wait for the setup.
    waiting: Vec<usize>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Setup {
    /// There is none, or it passed.
    #[default]
    Done,
    Pending,
    Failed,
}

/// The teardown of a group.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Teardown {
    /// There is none, or it has its result, or nothing was begun that it could tear down.
    #[default]
    None,
    /// It waits for the other cases of the group: its number in the plan.
    Waiting(usize),
    /// It is next in line, or it runs.
    Due,
}

impl Teardown {
    /// Its number where it waited; it is due from then on.
    fn hand_out(&mut self) -> Option<usize> {
        let Self::Waiting(number) = *self else { return None };
        *self = Self::Due;
        Some(number)
    }

    fn is_waiting(self) -> bool {
        matches!(self, Self::Waiting(_))
    }
}

impl Queue {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut groups: BTreeMap<_, Group> = BTreeMap::new();
        let mut blocked = 0;
        for (number, case) in
            plan.cases.iter().enumerate().filter(|(_, case)| case.outline.has_frame())
        {
            let group = groups.entry(key(case)).or_default();
            match case.part {
                Part::Setup => group.setup = Setup::Pending,
                Part::Test(..) => {}
                Part::Teardown => {
                    group.teardown = Teardown::Waiting(number);
                    blocked += 1;
                    continue;
                }
            }
            group.left += 1;
        }
        let state = State {
            next: 0,
            ahead: plan.ahead.iter().copied().collect(),
            again: plan.ahead.iter().copied().collect(),
            waiting: HashMap::new(),
            held: HashSet::new(),
            groups,
            blocked,
            stopped: false,
        };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    /// The next case, or `None` when nothing is left for this worker.
    pub(super) async fn take(&self, plan: &Plan) -> Option<Next> {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // Registered before looking, so that no change is missed in between.
            changed.as_mut().enable();
            {
                let mut state = self.lock();
                if let Some(next) = state.take(plan) {
                    return Some(next);
                }
                if state.blocked == 0 {
                    return None;
                }
            }
            changed.await;
        }
    }

    /// A case has its result.
    pub(super) fn finish(&self, number: usize, outcome: Outcome, plan: &Plan) {
        let case = &plan.cases[number];
        let mut state = self.lock();
        let before = state.blocked;
        for lock in locks(case) {
            if state.held.remove(&lock) {
                state.release(&lock);
            }
        }
        state.finish_in_group(case, outcome);
        // Whoever waits must look again when there is work, and when there will be none.
        let wake = state.blocked < before || state.blocked == 0;
        drop(state);
        if wake {
            self.changed.notify_waiters();
        }
    }

    /// Nothing new begins, except the teardown of what was begun.
    pub(super) fn stop(&self, plan: &Plan) {
        let mut state = self.lock();
        if state.stopped {
            return;
        }
        state.stopped = true;
        state.next = plan.cases.len();
        // What is due already is not due a second time.
        state.again.retain(|number| plan.cases[*number].part == Part::Teardown);
        state.waiting.clear();
        state.blocked = 0;
        let mut ready = Vec::new();
        for group in state.groups.values_mut() {
            group.waiting.clear();
            if !group.begun {
                group.teardown = Teardown::None;
            }
            if group.running == 0 {
                ready.extend(group.teardown.hand_out());
            }
        }
        state.blocked += state.groups.values().filter(|group| group.teardown.is_waiting()).count();
        state.again.extend(ready);
        drop(state);
        self.changed.notify_waiters();
    }

    /// Whether nothing new begins.
    pub(super) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Whether something that was begun is still to be torn down.
    pub(super) fn has_teardown(&self) -> bool {
        self.lock().groups.values().any(|group| group.teardown != Teardown::None)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, plan: &Plan) -> Option<Next> {
        loop {
            let number = match self.again.pop_front() {
                Some(number) => number,
                None if self.next < plan.cases.len() => {
                    self.next += 1;
                    if self.ahead.contains(&(self.next - 1)) {
                        continue;
                    }
                    self.next - 1
                }
                None => return None,
            };
            let case = &plan.cases[number];
            let group = self.groups.get_mut(&key(case));
            // The teardown comes up when its group is done, and not in its turn.
            if case.part == Part::Teardown {
                if group.is_some_and(|group| group.teardown.is_waiting()) {
                    continue;
                }
                return Some(Next::Run(number));
            }
            match group.map(|group| (group.setup, group)) {
                Some((Setup::Failed, _)) => {
                    return Some(Next::Skip(number, "the setup of this file did not pass"));
                }
                Some((Setup::Pending, group)) if case.part != Part::Setup => {
                    group.waiting.push(number);
                    self.blocked += 1;
                    continue;
                }
                _ => {}
            }
            if let Some(lock) = locks(case).find(|lock| self.held.contains(lock)) {
                self.waiting.entry(lock).or_default().push_back(number);
                self.blocked += 1;
                // It was woken by another lock, which the next in line can have.
                for free in locks(case).filter(|lock| !self.held.contains(lock)).collect::<Vec<_>>()
                {
                    self.release(&free);
                }
                continue;
            }
            self.held.extend(locks(case));
            if let Some(group) = self.groups.get_mut(&key(case)) {
                group.begun = true;
                group.running += 1;
            }
            return Some(Next::Run(number));
        }
    }

    /// The next case in line for a lock looks again.
    fn release(&mut self, lock: &str) {
        if let Some(number) = self.waiting.get_mut(lock).and_then(VecDeque::pop_front) {
            self.blocked -= 1;
            self.again.push_back(number);
        }
    }

    fn finish_in_group(&mut self, case: &Case, outcome: Outcome) {
        let Some(group) = self.groups.get_mut(&key(case)) else { return };
        if case.part == Part::Teardown {
            group.teardown = Teardown::None;
            return;
        }
        group.left -= 1;
        group.running = group.running.saturating_sub(1);
        if case.part == Part::Setup {
            group.setup = if outcome == Outcome::Passed { Setup::Done } else { Setup::Failed };
            self.blocked -= group.waiting.len();
            self.again.extend(group.waiting.drain(..));
        }
        if (group.left == 0 || self.stopped && group.running == 0)
            && let Some(teardown) = group.teardown.hand_out()
        {
            self.blocked -= 1;
            self.again.push_back(teardown);
        }
    }
}

fn key(case: &Case) -> (usize, usize) {
    (case.file(), case.target_number())
}

/// The locks that a case holds while it runs: its own, and that of a serial file.
fn locks(case: &Case) -> impl Iterator<Item = String> + '_ {
    let own = case.details().map_or(&[][..], |details| &details.locks);
    // A path holds no line break, so the file's own lock is nobody else's.
    let serial = case.outline.serial.then(|| format!("{}\n{}", case.path(), case.target.name));
    own.iter().cloned().chain(serial)
}
