"""The notice of privacy practices of Sunrise Family Dental: made up, as everything here; no office should use it as it is."""

NOTICE = """\
This notice says how we use what we know about your health, whom we may show it to, and what you can ask of us.

How we use it. We use your records to treat you, to bill you and your insurance, and to run our office: to plan a visit, to ask your doctor \
before a treatment, to send a claim, to remind you of an appointment.

Whom we may show it to without asking you. Others who treat you, those who pay for it, companies that work for us and have promised to keep it \
to themselves, and authorities where the law asks us to. For anything else we need your written permission, which you can take back.

What you can ask of us. You can see your records and get a copy, ask us to correct them, ask where we sent them, ask us to reach you in another \
way or at another place, and ask us to keep something from others.

What we owe you. We keep your records safe, tell you if somebody has seen them who should not have, and follow this notice. If we change it, \
you will be shown the new one here.

Questions or complaints. Talk to our privacy officer at the front desk. You can also write to the U.S. Department of Health and Human \
Services. Nobody will treat you differently because you complained."""
