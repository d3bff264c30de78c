"""Which function answers which method on which edge, by the kind of node."""

from collections.abc import Callable
from typing import Any

from madoguchi.simulator.graph import (
    accounts,
    analytics,
    blocking,
    components,
    flows,
    links,
    media,
    migration,
    numbers,
    profile,
    registration,
    shop,
    subscriptions,
    template_library,
    templates,
    usernames,
)
from madoguchi.simulator.graph.call import Call

Handlers = dict[tuple[str, str], Callable[[Call, Any], Any]]

NUMBER: Handlers = {
    ("GET", ""): numbers.describe,
    ("POST", ""): numbers.update,
    ("POST", "media"): media.upload,
    ("POST", "request_code"): registration.request_code,
    ("POST", "verify_code"): registration.verify_code,
    ("POST", "register"): registration.register,
    ("POST", "deregister"): registration.deregister,
    ("GET", "whatsapp_business_profile"): profile.read,
    ("POST", "whatsapp_business_profile"): profile.write,
    ("GET", "block_users"): blocking.listing,
    ("POST", "block_users"): blocking.block,
    ("DELETE", "block_users"): blocking.unblock,
    ("GET", "message_qrdls"): links.listing,
    ("POST", "message_qrdls"): links.write,
    ("GET", "conversational_automation"): lambda _, number: components.automation(number),
    ("POST", "conversational_automation"): components.write_automation,
    ("GET", "whatsapp_commerce_settings"): components.commerce,
    ("POST", "whatsapp_commerce_settings"): components.write_commerce,
    ("GET", "settings"): components.settings,
    ("POST", "settings"): components.write_settings,
    ("GET", "whatsapp_business_encryption"): components.encryption,
    ("POST", "whatsapp_business_encryption"): components.write_encryption,
    ("GET", "username"): usernames.read,
    ("POST", "username"): usernames.write,
    ("DELETE", "username"): usernames.delete,
    ("GET", "username_suggestions"): usernames.suggestions,
    ("DELETE", "contact_book"): accounts.forget_contact,
    ("POST", "smb_app_data"): accounts.synchronise,
}
WABA: Handlers = {
    ("GET", ""): accounts.describe,
    ("POST", ""): accounts.update,
    ("GET", "subscribed_apps"): subscriptions.of_waba,
    ("POST", "subscribed_apps"): subscriptions.subscribe,
    ("DELETE", "subscribed_apps"): subscriptions.unsubscribe,
    ("GET", "phone_numbers"): numbers.of_waba,
    ("POST", "phone_numbers"): numbers.create,
    ("GET", "message_templates"): templates.listing,
    ("POST", "message_templates"): templates.create,
    ("DELETE", "message_templates"): templates.delete,
    ("POST", "upsert_message_templates"): templates.upsert,
    ("POST", "message_templates/archive"): templates.archive,
    ("POST", "message_templates/unarchive"): templates.unarchive,
    ("GET", "message_template_previews"): template_library.previews,
    ("GET", "product_catalogs"): shop.of_waba,
    ("POST", "migrate_message_templates"): migration.migrate,
    ("GET", "template_analytics"): analytics.of_templates,
    ("GET", "flows"): flows.listing,
    ("POST", "flows"): flows.create,
}
TEMPLATE: Handlers = {
    ("GET", ""): lambda call, template: templates.view(call.sim, template, call.fields()),
    ("POST", ""): templates.edit,
    ("POST", "unpause"): templates.unpause,
    ("GET", "compare"): analytics.compare,
}
CATALOG: Handlers = {
    ("GET", ""): shop.describe,
    ("GET", "products"): shop.products,
    ("POST", "products"): shop.add,
}
FLOW: Handlers = {
    ("GET", ""): flows.describe,
    ("POST", ""): flows.update,
    ("DELETE", ""): flows.delete,
    ("GET", "assets"): flows.assets,
    ("POST", "assets"): flows.upload,
    ("GET", "flow.json"): flows.download,
    ("POST", "publish"): flows.publish,
    ("POST", "deprecate"): flows.deprecate,
}
PORTFOLIO: Handlers = {
    ("GET", ""): accounts.portfolio,
    ("GET", "owned_whatsapp_business_accounts"): accounts.of_portfolio,
    ("GET", "client_whatsapp_business_accounts"): accounts.of_portfolio,
}
