"""What the law wants said in every good-faith estimate (45 CFR 149.610(c)), in plain words."""

RIGHTS = (
    (
        "This is an estimate",
        "It shows what is reasonably expected to be charged for what is named above, by what is known today. What is done, and what it costs, may turn out otherwise: it does not "
        "include what nobody could know or expect. You could be charged more if complications or special circumstances occur.",
    ),
    (
        "If you are billed $400 or more above it",
        "You have the right to dispute the bill. You may ask the office to bring it down to the estimate, to negotiate it, or to help you pay. You may also start a dispute "
        "process with the U.S. Department of Health and Human Services, within 120 calendar days of the date on the first bill; there is a fee of $25. If the "
        "reviewer agrees with you, you pay the price of this estimate; if not, the higher amount. To start it or to learn more: www.cms.gov/nosurprises, or call "
        "1-800-985-3059. A dispute does not change how well you are cared for.",
    ),
    (
        "There may be more to schedule",
        "Your dentist may recommend other items or services as part of your care that are scheduled or asked for separately. They are not in this estimate.",
    ),
    ("This is not a contract", "You need not have any of it done, and not by anyone who is named here."),
    ("Keep it", "Keep this estimate in a safe place, or take a picture of it. You may need it if you are billed a higher amount."),
)
