//! The plugin: reads its configuration and makes a context for each stream.

use super::attempt::AttemptFilter;
use super::edge::EdgeFilter;
use super::host;
use crate::config::{self, AttemptConfig, Config, EdgeConfig};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;
use std::rc::Rc;

/// One plugin configuration. A new one is a new root; streams keep the one they began with.
#[derive(Default)]
pub struct Root {
    stage: Option<Stage>,
}

enum Stage {
    Edge(Rc<EdgeConfig>),
    Attempt(Rc<AttemptConfig>),
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        let json = host::configuration(size);
        match config::parse(&json, &|name| std::env::var(name).ok()) {
            Ok(Config::Edge(edge)) => {
                self.stage = Some(Stage::Edge(Rc::new(edge)));
                true
            }
            Ok(Config::Attempt(attempt)) => {
                self.stage = Some(Stage::Attempt(Rc::new(attempt)));
                true
            }
            Err(mistakes) => {
                // Envoy itself says only that it could not create the plugin.
                for mistake in mistakes {
                    host::log_error(&format!("weir config: {mistake}"));
                }
                false
            }
        }
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        match self.stage.as_ref()? {
            Stage::Edge(config) => Some(Box::new(EdgeFilter::new(config.clone()))),
            Stage::Attempt(config) => Some(Box::new(AttemptFilter::new(config.clone()))),
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
