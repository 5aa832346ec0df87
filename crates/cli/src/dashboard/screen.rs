//! What the person at the keyboard chose to see, and how it is drawn.

use falco_compiler::program::Priority;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, List, ListItem, ListState, Paragraph, Sparkline, Wrap};

use super::board::{Board, Shown};
use crate::progress::grouped;

/// Columns from which the counts stand beside the alerts.
const WIDE: u16 = 110;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Nothing but another picture.
    Redraw,
    /// The end.
    Quit,
}

/// Where somebody is in the list of alerts.
#[derive(Debug, Default)]
pub struct Screen {
    /// The alert that is chosen, counted from the newest; `None` to follow what comes.
    chosen: Option<usize>,
    /// Alerts that there were when the last picture was drawn.
    drawn: u64,
}

impl Screen {
    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> Wish {
        if key.kind == KeyEventKind::Release {
            return Wish::Redraw;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let older = |by: usize| Some(self.chosen.map_or(0, |at| at.saturating_add(by)));
        let newer = |by: usize| self.chosen.and_then(|at| at.checked_sub(by));
        match key.code {
            KeyCode::Char('c') if control => return Wish::Quit,
            KeyCode::Char('q') => return Wish::Quit,
            KeyCode::Up | KeyCode::Char('k') => self.chosen = older(1),
            KeyCode::Down | KeyCode::Char('j') => self.chosen = newer(1),
            KeyCode::PageUp => self.chosen = older(10),
            KeyCode::PageDown => self.chosen = newer(10),
            KeyCode::Home => self.chosen = Some(usize::MAX),
            KeyCode::End | KeyCode::Esc => self.chosen = None,
            _ => {}
        }
        Wish::Redraw
    }

    /// Draws the picture.
    pub fn draw(&mut self, board: &Board, frame: &mut Frame<'_>) {
        // What is chosen stays chosen when newer alerts come.
        let came = usize::try_from(board.alert_count - self.drawn.min(board.alert_count)).unwrap_or(usize::MAX);
        self.drawn = board.alert_count;
        self.chosen = self.chosen.map(|at| at.saturating_add(came).min(board.alerts.len().saturating_sub(1)));

        let rows = [Constraint::Length(1), Constraint::Length(2), Constraint::Min(5), Constraint::Length(1)];
        let [head, rate, body, foot] = Layout::vertical(rows).areas(frame.area());
        frame.render_widget(header(board), head);
        let columns = usize::from(rate.width);
        let rates: Vec<u64> = board.rates.iter().rev().take(columns).rev().copied().collect();
        frame.render_widget(Sparkline::default().data(rates).style(Style::new().fg(Color::Cyan)), rate);
        let (alerts, counts) = split(body);
        self.draw_alerts(board, frame, alerts);
        draw_counts(board, frame, counts);
        frame.render_widget(footer(board), foot);
    }

    fn draw_alerts(&self, board: &Board, frame: &mut Frame<'_>, area: Rect) {
        let detail = self.chosen.map_or(0, |_| 6.min(area.height / 2));
        let [list, text] = Layout::vertical([Constraint::Min(3), Constraint::Length(detail)]).areas(area);
        let title = match self.chosen {
            Some(at) => format!(" Alerts: {} of {} ", board.alerts.len() - at, grouped(board.alert_count)),
            None => format!(" Alerts: {} ", grouped(board.alert_count)),
        };
        let items = board.alerts.iter().map(|alert| ListItem::new(line(alert)));
        let widget = List::new(items).block(Block::bordered().title(title)).highlight_style(Modifier::REVERSED);
        let last = board.alerts.len().checked_sub(1);
        let at = last.map(|last| last - self.chosen.unwrap_or(0).min(last));
        // Without a choice the list follows its end, and nothing is marked.
        let widget = if self.chosen.is_none() { widget.highlight_style(Style::new()) } else { widget };
        frame.render_stateful_widget(widget, list, &mut ListState::default().with_selected(at));
        if let Some(alert) = self.chosen.and(at).and_then(|at| board.alerts.get(at)) {
            let text_block = Block::bordered().title(format!(" {} ", alert.rule));
            frame.render_widget(Paragraph::new(&*alert.line).wrap(Wrap { trim: false }).block(text_block), text);
        }
    }
}

/// Room for the alerts, and for the counts beside or under them.
fn split(body: Rect) -> (Rect, Rect) {
    let [first, second] = match body.width >= WIDE {
        true => Layout::horizontal([Constraint::Min(60), Constraint::Length(46)]).areas(body),
        false => Layout::vertical([Constraint::Min(6), Constraint::Length((body.height / 3).max(4))]).areas(body),
    };
    (first, second)
}

fn header(board: &Board) -> Line<'static> {
    let seconds = board.elapsed().as_secs();
    let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let rate = grouped(board.rates.back().copied().unwrap_or(0));
    let lost = Style::new().fg(if board.lost > 0 { Color::Red } else { Color::Reset });
    let text =
        format!("  {time}  {} rules  {} events, {rate}/s  ", grouped(board.loaded as u64), grouped(board.events));
    Line::from(vec![
        Span::styled("falco-rs live", Modifier::BOLD),
        Span::raw(text),
        Span::styled(format!("{} lost", grouped(board.lost)), lost),
    ])
}

fn footer(board: &Board) -> Line<'_> {
    match &board.notice {
        Some((text, bad)) => Line::styled(text.as_str(), Style::new().fg(if *bad { Color::Red } else { Color::Green })),
        None => Line::styled("q quit  ↑↓ look at an alert  Esc follow", Modifier::DIM),
    }
}

fn draw_counts(board: &Board, frame: &mut Frame<'_>, area: Rect) {
    let halves = [Constraint::Fill(1), Constraint::Fill(1)];
    let [rules, processes] = match area.width >= 70 {
        true => Layout::horizontal(halves).areas(area),
        false => Layout::vertical(halves).areas(area),
    };
    let row = |count: u64, style: Style, name: &str| {
        ListItem::new(Line::from(vec![
            Span::raw(format!("{:>9}  ", grouped(count))),
            Span::styled(name.to_owned(), style),
        ]))
    };
    let by_rule = board.rules().into_iter().map(|(name, priority, count)| row(count, color(priority), name));
    frame.render_widget(List::new(by_rule).block(Block::bordered().title(" Alerts by rule ")), rules);
    let busy = board.top.iter().map(|(name, pid, rate)| row(*rate, Style::new(), &format!("{name} ({pid})")));
    frame.render_widget(List::new(busy).block(Block::bordered().title(" Busiest, events/s ")), processes);
}

fn line(alert: &Shown) -> Line<'_> {
    // The line begins with time and priority; the colour says the second once more.
    Line::styled(alert.line.as_str(), color(alert.priority))
}

fn color(priority: Priority) -> Style {
    let style = Style::new();
    match priority {
        Priority::Emergency | Priority::Alert | Priority::Critical => style.fg(Color::Red).bold(),
        Priority::Error => style.fg(Color::Red),
        Priority::Warning => style.fg(Color::Yellow),
        Priority::Notice => style.fg(Color::Cyan),
        Priority::Informational | Priority::Debug => style,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    fn board() -> Board {
        let start = Instant::now();
        let mut board = Board::new(9);
        for n in 0..30 {
            let priority = if n % 3 == 0 { Priority::Warning } else { Priority::Notice };
            let rule = if n % 3 == 0 { "Shadow read" } else { "Shell started" };
            board.alert(Shown {
                rule: rule.into(),
                priority,
                line: format!("12:00:{n:02}.0: {} {rule} by p{n}", priority.as_str()),
            });
        }
        (0..4000).for_each(|_| board.event(42, || "make".into()));
        (0..500).for_each(|_| board.event(77, || "cc1".into()));
        board.look(start + Duration::from_millis(2500));
        board
    }

    fn picture(screen: &mut Screen, board: &Board, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| screen.draw(board, frame)).unwrap();
        terminal.backend().to_string()
    }

    fn press(screen: &mut Screen, code: KeyCode) -> Wish {
        screen.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn shows_alerts_counts_and_rates() {
        insta::assert_snapshot!("narrow", picture(&mut Screen::default(), &board(), 80, 24));
        insta::assert_snapshot!("wide", picture(&mut Screen::default(), &board(), 130, 24));
    }

    #[test]
    fn fits_any_size() {
        let board = board();
        for (width, height) in [(1, 1), (10, 3), (40, 8), (200, 5), (20, 60)] {
            let mut screen = Screen::default();
            press(&mut screen, KeyCode::Up);
            picture(&mut screen, &board, width, height);
        }
    }

    #[test]
    fn what_is_chosen_stays_chosen() {
        let (mut screen, mut board) = (Screen::default(), board());
        picture(&mut screen, &board, 80, 24);
        assert_eq!(press(&mut screen, KeyCode::Up), Wish::Redraw);
        press(&mut screen, KeyCode::Up);
        assert!(picture(&mut screen, &board, 80, 24).contains("29 of 30"));
        board.alert(Shown { rule: "New".into(), priority: Priority::Error, line: "12:01:00.0: Error new".into() });
        let after = picture(&mut screen, &board, 80, 24);
        assert!(after.contains("29 of 31") && after.contains("by p28"), "{after}");
        press(&mut screen, KeyCode::End);
        assert!(picture(&mut screen, &board, 80, 24).contains("Alerts: 31 "));
        press(&mut screen, KeyCode::Home);
        assert!(picture(&mut screen, &board, 80, 24).contains("1 of 31"));
    }

    #[test]
    fn two_keys_end_it() {
        let mut screen = Screen::default();
        assert_eq!(press(&mut screen, KeyCode::Char('q')), Wish::Quit);
        assert_eq!(screen.key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)), Wish::Quit);
        assert_eq!(press(&mut screen, KeyCode::Char('c')), Wish::Redraw);
    }
}
