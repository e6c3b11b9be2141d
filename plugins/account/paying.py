"""The addresses of the pages on which is paid, signed in or not."""


def include(config) -> None:
    """Paying, receipts, what is kept, and paying without signing in."""
    config.add_route("account.pay", "/pay")
    config.add_route("account.receipt", "/payments/{payment_id}")
    config.add_route("account.receipt_file", "/payments/{payment_id}/download")
    config.add_route("account.call_off", "/payments/{payment_id}/call-off")
    config.add_route("account.methods", "/methods")
    config.add_route("account.methods_back", "/methods/back")
    config.add_route("account.method_name", "/methods/{method_id}/name")
    config.add_route("account.method_default", "/methods/{method_id}/default")
    config.add_route("account.method_remove", "/methods/{method_id}/remove")
    config.add_route("account.guest", "/pay-now")
    config.add_route("account.guest_receipt", "/pay-now/receipts/{payment_id}")
    config.add_route("account.guest_receipt_file", "/pay-now/receipts/{payment_id}/download")
    config.add_route("account.guest_pay", "/pay-now/{place}")
    config.add_route("account.verify", "/pay-now/{place}/verify")
    config.add_route("account.verify_code", "/pay-now/{place}/verify/code")
    config.add_route("account.verified", "/pay-now/{place}/for/{token}")
