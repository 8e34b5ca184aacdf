"""The pages that show source: of a card that is written or came along, of a pipeline as Python."""
